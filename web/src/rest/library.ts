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

export const library = {
  microcourses: (filter: { state: string; cursor: string | null }) =>
    request<Page<Microcourse>>('GET', `${root}/microcourses?${new URLSearchParams(Object.entries(filter).filter((entry): entry is [string, string] => Boolean(entry[1]))).toString()}`),
  /** The version in work, if one is named; else what can be watched. */
  microcourse: (id: string, version?: number) => request<Microcourse>('GET', `${root}/microcourses/${id}${version === undefined ? '' : `?version=${version}`}`),
  history: (id: string) => request<{ readonly reviews: readonly Review[]; readonly versions: readonly Release[] }>('GET', `${root}/microcourses/${id}/reviews`),
  reviewers: () => request<{ readonly items: readonly { readonly id: string; readonly name: string }[] }>('GET', `${root}/reviewers`),
  askReview: (id: string, reviewer: string | null) => request<Microcourse>('POST', `${root}/microcourses/${id}/ask-review`, { body: { reviewer } }),
  judge: (id: string, judgement: Judgement) => request<Microcourse>('POST', `${root}/microcourses/${id}/review`, { body: judgement }),
  act: (id: string, what: 'take-back' | 'publish' | 'retire') => request<Microcourse>('POST', `${root}/microcourses/${id}/${what}`, { body: {} }),
}
