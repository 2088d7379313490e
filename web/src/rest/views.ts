/** What offices ask about viewing. Apart from `api.ts`, which comes with every page. */
import { request } from './http'
import type { Viewing } from './models'

export type MediumKind = 'replay' | 'microcourse'
/** What may be required. */
export type WatchKind = MediumKind | 'series'
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

/** Shares of a replay, or of what a microcourse shows (`duration_ms`): there live, played of it, and either. */
export interface LessonCoverage {
  readonly duration_ms: number
  readonly people: readonly { readonly person: ViewedBy; readonly live: number; readonly replay: number; readonly together: number; readonly completed: boolean }[]
  readonly sums: { readonly live_only: number; readonly replay_only: number; readonly both: number; readonly completed: number; readonly completed_by_replay: number; readonly mean: number }
}

export interface LessonFigures {
  readonly lessons: number
  readonly people: number
  /** Who came, counted in every lesson. */
  readonly heads: number
  readonly live_minutes: number
  readonly minutes: number
  readonly expected: number
  readonly attended: number
  readonly completed: number
}

export interface ViewingOfPeriod {
  readonly media: number
  readonly people: number
  readonly sums: ViewSums
}

export interface LearnedMinutes {
  readonly live: number
  readonly watched: number
}

export interface Statistics {
  readonly period: string
  readonly before: string | null
  /** Lessons that are not counted yet: ask again. */
  readonly uncounted: number
  readonly lessons: LessonFigures
  readonly lessons_before: LessonFigures
  readonly viewing: ViewingOfPeriod
  readonly viewing_before: ViewingOfPeriod | null
  readonly departments: readonly { readonly name: string | null; readonly heads: number; readonly minutes: number; readonly completed: number; readonly viewers: number; readonly learned: readonly LearnedMinutes[]; readonly learned_whole: LearnedMinutes }[]
  readonly months: readonly string[]
  /** Hours of the week (from Monday 0:00 on) in which lessons began, the best turnout first. */
  readonly slots: readonly { readonly hour_of_week: number; readonly lessons: number; readonly heads: number; readonly took_part: Share }[]
}

export interface Share {
  readonly hits: number
  readonly of: number
  readonly rate: number | null
  readonly low: number
  readonly high: number
}

export type Advice = 'too_few' | 'retire' | 'watch' | 'keep' | 'promising' | 'promote'

export interface Standing {
  readonly medium: MediumKind
  readonly id: string
  readonly version: number
  readonly title: string | null
  readonly viewers: number
  readonly click: Share
  readonly completion: Share
  readonly feedback: Share
  readonly positive: Share
  readonly score: number | null
  readonly advice: Advice
}

export interface Rankings {
  readonly period: string
  readonly media: number
  readonly people: number
  readonly ranked: number
  readonly weak_below: number
  readonly promote_from: number
  readonly fewest: number
  readonly top: readonly Standing[]
  readonly retire: readonly Standing[]
  readonly promote: readonly Standing[]
}

export interface SessionReport {
  readonly title: string
  readonly starts_utc_ms: number
  readonly zone: string
  readonly attending: { readonly expected: number; readonly rounds: number; readonly learners: number; readonly minutes_each: number; readonly lesson_minutes: number; readonly sign_in: Share; readonly took_part: Share; readonly activity: Share }
  readonly reaction: { readonly means: Readonly<Record<string, number>>; readonly recommendation: number | null; readonly feedback: Share; readonly positive: Share }
  readonly answers_right: Share
  readonly completion: Share
  readonly volume: { readonly messages: number; readonly questions: number; readonly anonymous: number; readonly answered: number; readonly upvotes: number; readonly reactions: number; readonly polls: number; readonly answers: number; readonly hands: number; readonly whole: number; readonly per_learner: number }
  readonly together: LessonCoverage['sums'] | null
  readonly watching: { readonly viewers: number; readonly minutes: number; readonly completed: number } | null
  readonly signals: readonly SignalFound[]
}

/** A figure of the lesson beside its limit; `own`: the limit is ours, the requirements name none. `apart`: two departments, compared. */
export interface SignalFound {
  readonly signal: 'activation' | 'learning_time' | 'target' | 'activity' | 'preferences' | 'passed' | 'absence'
  readonly level: 'low' | 'perhaps' | 'fine' | 'unknown'
  readonly share: Share
  readonly limit: number | null
  readonly own: boolean
  readonly apart: readonly string[] | null
  readonly other: Share | null
}

/** A lesson that pulls a signal down; `other` is the second department's share. `report`: the asker may read its report. */
export interface PullingLesson {
  readonly session_id: string
  readonly title: string
  readonly zone: string
  readonly began_utc_ms: number
  readonly share: Share
  readonly other: Share | null
  readonly report: boolean
}

/** `below` lessons pull it down, `lessons` are the worst of them. */
export interface SignalOver extends SignalFound {
  readonly below: number
  readonly lessons: readonly PullingLesson[]
}

/** Signals over `lessons` of them; `uncounted` are not in it yet, or as they were before: ask again. */
export interface SignalsOfLessons {
  readonly about: string
  readonly lessons: number
  readonly uncounted: number
  readonly signals: readonly SignalOver[]
}

/** Over which lessons: those of a period, or those that a series was made of. */
export type LessonsOf = { readonly period: string } | { readonly series: string }

/** Whom its lesson expected: `share` 0..1 of the medium; who is not done comes first. */
export interface StillToWatch {
  readonly expected: number
  readonly done: number
  readonly departments: readonly { readonly department: string | null; readonly expected: number; readonly done: number; readonly begun: number }[]
  readonly people: readonly { readonly person: { readonly id: string | null; readonly external_id: string | null; readonly name: string | null; readonly department: string | null }; readonly share: number; readonly done: boolean }[]
}

const root = '/api/v1'
const asking = (values: Readonly<Record<string, string>>): string => `?${new URLSearchParams(values).toString()}`
const inLanguage = (lang: string): string => asking({ lang })

const signalsPath = (of: LessonsOf, ending: string, values: Readonly<Record<string, string>>): string =>
  'series' in of ? `${root}/series/${of.series}/signals${ending}${asking(values)}` : `${root}/statistics/signals${ending}${asking({ period: of.period, ...values })}`

export const views = {
  figures: (medium: MediumKind, id: string) => request<ViewFigures>('GET', `${root}/views/${medium}/${id}/figures`),
  viewersUrl: (medium: MediumKind, id: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/views/${medium}/${id}/viewers.${ending}${inLanguage(lang)}`,
  /** `united`: what somebody saw live counts for a microcourse, too. */
  stillToWatch: (medium: WatchKind, id: string, united: boolean) => request<StillToWatch>('GET', `${root}/still-to-watch/${medium}/${id}${asking({ united: String(united) })}`),
  stillToWatchUrl: (medium: WatchKind, id: string, ending: 'csv' | 'xlsx', lang: string, united: boolean) => `${root}/still-to-watch/${medium}/${id}/people.${ending}${asking({ lang, united: String(united) })}`,
  lessonCoverage: (medium: MediumKind, id: string) => request<LessonCoverage>('GET', `${root}/views/${medium}/${id}/lesson`),
  statistics: (period: string) => request<Statistics>('GET', `${root}/statistics${asking({ period })}`),
  statisticsUrl: (period: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/statistics.${ending}${asking({ period, lang })}`,
  learnedUrl: (period: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/statistics/learned.${ending}${asking({ period, lang })}`,
  signals: (of: LessonsOf) => request<SignalsOfLessons>('GET', signalsPath(of, '', {})),
  signalsUrl: (of: LessonsOf, ending: 'csv' | 'xlsx', lang: string) => signalsPath(of, `.${ending}`, { lang }),
  sessionReport: (id: string) => request<SessionReport>('GET', `${root}/sessions/${id}/report`),
  sessionReportUrl: (id: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/sessions/${id}/report.${ending}${inLanguage(lang)}`,
  sessionPaperUrl: (id: string, lang: string) => `${root}/sessions/${id}/report.pdf${asking({ lang, progress: 'true' })}`,
  rankings: (period: string) => request<Rankings>('GET', `${root}/view-rankings${asking({ period })}`),
  rankingsUrl: (period: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/view-rankings.${ending}${asking({ period, lang })}`,
}
