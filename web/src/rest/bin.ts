/** The routes of `/api/v1` about deleting media, apart from the others: no page of a lesson loads them. */
import { request } from './http'
import type { ShownTo } from './group_replays'
import type { Microcourse, Page } from './models'

const root = '/api/v1'

/** A microcourse that was cut from the replay; `shown`: learners see it. */
export interface UsingMicrocourse {
  readonly id: string
  readonly title: string
  readonly state: Microcourse['state']
  readonly shown: boolean
  readonly watched_by: number
  readonly required: boolean
  readonly due_utc_ms: number | null
}

export interface ReplayUses {
  readonly title: string
  readonly microcourses: readonly UsingMicrocourse[]
  readonly drafts: number
  /** `replay`: it stands there itself; else so many of its microcourses. */
  readonly series: readonly { readonly id: string; readonly title: string; readonly replay: boolean; readonly microcourses: number }[]
  /** What groups of the class recorded: erased with the replay. */
  readonly groups: readonly { readonly id: string; readonly round: number; readonly place: number; readonly name: string | null; readonly shown_to: ShownTo }[]
  readonly watched_by: number
  readonly required: boolean
  readonly due_utc_ms: number | null
  /** Keys of other tools that may read media. */
  readonly api_keys: number
  /** Says what was seen: another one when something else uses it. */
  readonly mark: string
  readonly days: number
}

export interface Binned {
  readonly medium: 'replay' | 'microcourse'
  readonly id: string
  readonly title: string
  readonly session_id: string
  readonly duration_ms: number
  readonly put_utc_ms: number
  readonly put_by_name: string | null
  readonly due_utc_ms: number
  /** Deleted together with this replay. */
  readonly with_replay: string | null
  /** So many microcourses were deleted together with it. */
  readonly together: number
  readonly may_erase: boolean
}

export const bin = {
  uses: (replay: string) => request<ReplayUses>('GET', `${root}/replays/${replay}/uses`),
  deleteReplay: (replay: string, mark: string, microcourses: 'keep' | 'delete') => request<Binned>('DELETE', `${root}/replays/${replay}?mark=${mark}&microcourses=${microcourses}`),
  list: (cursor: string | null) => request<Page<Binned> & { readonly days: number }>('GET', `${root}/bin${cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`}`),
  restore: (one: Binned) => request<Binned>('POST', `${root}/bin/${one.medium}/${one.id}/restore`),
  erase: (one: Binned) => request<null>('DELETE', `${root}/bin/${one.medium}/${one.id}`),
}
