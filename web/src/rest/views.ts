/** What offices ask about viewing. Apart from `api.ts`, which comes with every page. */
import { request } from './http'
import type { Viewing } from './models'

export type MediumKind = 'replay' | 'microcourse'
export type ViewedBy = Viewing['people'][number]['person']

/** Seconds of wall time by device, for each of the 168 hours of a week from Monday 0:00 on. */
export type WeekHours = Readonly<Record<string, readonly number[]>>

export interface ViewSums {
  readonly sittings: number
  readonly minutes: number
  readonly minutes_played: number
  readonly hours: WeekHours
  readonly class: Viewing['class']
}

export interface ViewFigures {
  readonly duration_ms: number
  readonly version: number
  readonly sums: ViewSums
  readonly heat: readonly number[]
  readonly rewatch: readonly number[]
  readonly staying: readonly number[]
}

/** Shares of the replay: there live, played of the replay, and either. */
export interface LessonCoverage {
  readonly duration_ms: number
  readonly people: readonly { readonly person: ViewedBy; readonly live: number; readonly replay: number; readonly together: number; readonly completed: boolean }[]
  readonly sums: { readonly live_only: number; readonly replay_only: number; readonly both: number; readonly completed: number; readonly completed_by_replay: number; readonly mean: number }
}

const root = '/api/v1'
const inLanguage = (lang: string): string => `?${new URLSearchParams({ lang }).toString()}`

export const views = {
  figures: (medium: MediumKind, id: string) => request<ViewFigures>('GET', `${root}/views/${medium}/${id}/figures`),
  viewersUrl: (medium: MediumKind, id: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/views/${medium}/${id}/viewers.${ending}${inLanguage(lang)}`,
  lessonCoverage: (replayId: string) => request<LessonCoverage>('GET', `${root}/views/replay/${replayId}/lesson`),
}
