/** What viewers answer a medium with, apart from the other routes: only pages that play load it. */
import { request } from './http'
import type { ShelfKind } from './library'
import type { Page } from './models'

export interface Stars {
  readonly count: number
  readonly mean: number | null
  /** How often one star to five were given. */
  readonly counts: readonly number[]
}

export interface OwnRating {
  readonly stars: number
  readonly comment: string
  readonly anonymous: boolean
  readonly waiting: boolean
  readonly hidden_reason: string | null
}

export interface Response {
  readonly stars: Stars
  readonly comments: number
  readonly mine: OwnRating | null
  readonly may_rate: boolean
  readonly kept: boolean
  readonly fewest: number
  readonly moderates: boolean
}

export interface Comment {
  readonly id: string
  readonly stars: number
  readonly comment: string
  /** Null: without a name. */
  readonly name: string | null
  readonly shown_utc_ms: number
  readonly hidden: boolean
  readonly hidden_reason: string | null
}

export interface Rated {
  readonly stars: number
  readonly comment: string
  readonly anonymous: boolean
}

const one = (medium: ShelfKind, id: string): string => `/api/v1/responses/${medium}/${id}`

export const responses = {
  of: (medium: ShelfKind, id: string) => request<Response>('GET', one(medium, id)),
  rate: (medium: ShelfKind, id: string, rated: Rated) => request<Response>('PUT', `${one(medium, id)}/rating`, { body: rated }),
  keep: (medium: ShelfKind, id: string, kept: boolean) => request<{ readonly kept: boolean }>(kept ? 'PUT' : 'DELETE', `${one(medium, id)}/favourite`),
  share: (medium: ShelfKind, id: string) => request<null>('POST', `${one(medium, id)}/share`),
  comments: (medium: ShelfKind, id: string, cursor: string | null) => request<Page<Comment>>('GET', `${one(medium, id)}/comments${cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`}`),
  hide: (medium: ShelfKind, id: string, comment: string, reason: string) => request<Comment>('POST', `${one(medium, id)}/comments/${comment}/hide`, { body: { reason } }),
  show: (medium: ShelfKind, id: string, comment: string) => request<Comment>('POST', `${one(medium, id)}/comments/${comment}/show`),
}
