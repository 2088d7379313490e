/** The routes of `/api/v1` about what is on the shelf, apart from the others: no page of a lesson loads them. */
import { request } from './http'
import type { Microcourse, Page } from './models'

const root = '/api/v1'

export interface ReviewPoint {
  readonly text: string
  readonly at_ms: number | null
}

export interface Review {
  readonly id: string
  readonly version: number
  readonly verdict: 'waiting' | 'approved' | 'sent_back' | 'taken_back'
  readonly asked_by_name: string | null
  readonly asked_utc_ms: number | null
  readonly reviewer: string | null
  readonly reviewer_name: string | null
  readonly reviewed_utc_ms: number | null
  readonly comment: string
  readonly points: readonly ReviewPoint[]
}

export interface Release {
  readonly version: number
  readonly title: string
  readonly duration_ms: number
  readonly reviewed_by_name: string | null
  readonly published_by_name: string | null
  readonly published_utc_ms: number
  readonly replaced_utc_ms: number | null
}

export interface Judgement {
  readonly version: number
  readonly approve: boolean
  readonly comment: string
  readonly points: readonly ReviewPoint[]
  readonly publish: boolean
}

export interface SeriesItem {
  readonly medium: 'replay' | 'microcourse'
  readonly id: string
  readonly title: string
  readonly duration_ms: number
  readonly thumbnail_url: string | null
  /** False: learners do not see it. */
  readonly shown: boolean
  readonly coverage: number
  readonly completed: boolean
  readonly renewed: boolean
}

export interface Series {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly shown: boolean
  readonly version: number
  readonly cover_url: string | null
  readonly items: readonly SeriesItem[]
  readonly done: number
  readonly duration_ms: number
  readonly next: { readonly medium: SeriesItem['medium']; readonly id: string } | null
  readonly begun: boolean
}

export interface SeriesChange {
  readonly version: number
  readonly title: string
  readonly description: string
  readonly shown: boolean
  readonly items: readonly { readonly medium: SeriesItem['medium']; readonly id: string }[]
}

export interface ReplayWindow {
  readonly own: boolean
  readonly from_utc_ms: number | null
  readonly to_utc_ms: number | null
}

export interface CatalogueTerms {
  readonly review_needed: boolean
  readonly replay_days: number | null
}

/** Where a medium is watched. */
export const watchPath = (item: { readonly medium: SeriesItem['medium']; readonly id: string }): string => (item.medium === 'replay' ? `/replay/${item.id}` : `/watch/${item.id}`)

const asked = (filter: Readonly<Record<string, string | null>>): string => new URLSearchParams(Object.entries(filter).filter((entry): entry is [string, string] => Boolean(entry[1]))).toString()

export const library = {
  terms: () => request<CatalogueTerms>('GET', `${root}/catalogue-terms`),
  setTerms: (terms: CatalogueTerms) => request<CatalogueTerms>('PUT', `${root}/catalogue-terms`, { body: terms }),
  window: (replay: string) => request<ReplayWindow>('GET', `${root}/replays/${replay}/window`),
  setWindow: (replay: string, window: ReplayWindow) => request<ReplayWindow>('PUT', `${root}/replays/${replay}/window`, { body: window }),
  allSeries: (filter: { q: string; cursor: string | null }) => request<Page<Series>>('GET', `${root}/series?${asked(filter)}`),
  series: (id: string) => request<Series>('GET', `${root}/series/${id}`),
  createSeries: (title: string) => request<Series>('POST', `${root}/series`, { body: { title } }),
  changeSeries: (id: string, change: SeriesChange) => request<Series>('PUT', `${root}/series/${id}`, { body: change }),
  deleteSeries: (id: string) => request<null>('DELETE', `${root}/series/${id}`),

  microcourses: (filter: { state: string; cursor: string | null }) =>
    request<Page<Microcourse>>('GET', `${root}/microcourses?${asked(filter)}`),
  /** The version in work, if one is named; else what can be watched. */
  microcourse: (id: string, version?: number) => request<Microcourse>('GET', `${root}/microcourses/${id}${version === undefined ? '' : `?version=${version}`}`),
  history: (id: string) => request<{ readonly reviews: readonly Review[]; readonly versions: readonly Release[] }>('GET', `${root}/microcourses/${id}/reviews`),
  reviewers: () => request<{ readonly items: readonly { readonly id: string; readonly name: string }[] }>('GET', `${root}/reviewers`),
  askReview: (id: string, reviewer: string | null) => request<Microcourse>('POST', `${root}/microcourses/${id}/ask-review`, { body: { reviewer } }),
  judge: (id: string, judgement: Judgement) => request<Microcourse>('POST', `${root}/microcourses/${id}/review`, { body: judgement }),
  act: (id: string, what: 'take-back' | 'publish' | 'retire') => request<Microcourse>('POST', `${root}/microcourses/${id}/${what}`, { body: {} }),
}
