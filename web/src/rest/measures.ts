/** Course measures, apart from the other routes: one page asks for them. */
import { request } from './http'

export interface Measures {
  readonly viewers: number
  readonly sittings: number
  readonly minutes: number
  readonly completion: number | null
  readonly stars: readonly number[]
  readonly ratings: number
  readonly rating: number | null
  readonly comments: number
  readonly favourites: number
  readonly shares: number
  readonly forward: number | null
  readonly exam_right: number | null
  readonly exam_answers: number | null
}

export interface Measured {
  readonly kind: 'replay' | 'microcourse' | 'session' | 'series'
  readonly id: string
  readonly session_id: string | null
  readonly title: string | null
  /** How many media it is the sum of. */
  readonly media: number
  readonly measures: Measures
}

export interface MeasuredPage {
  readonly period: string
  readonly rows: number
  readonly people: number
  readonly whole: Measures
  readonly items: readonly Measured[]
  /** Exams that are not counted yet: ask again. */
  readonly uncounted: number
  readonly next: string | null
}

export interface MeasuresFilter {
  readonly period: string
  readonly by: 'medium' | 'session' | 'series'
  readonly category: string
  readonly department: string
}

const root = '/api/v1/course-measures'
const asked = (values: Readonly<Record<string, string>>): string => `?${new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')).toString()}`

export const measures = {
  of: (filter: MeasuresFilter, cursor = '') => request<MeasuredPage>('GET', root + asked({ ...filter, cursor })),
  url: (filter: MeasuresFilter, ending: 'csv' | 'xlsx', lang: string) => `${root}.${ending}${asked({ ...filter, lang })}`,
}
