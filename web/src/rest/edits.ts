/** Drafts of microcourses and the chapters of a replay: docs/protocol.md, "REST", and docs/decisions/0026-edit-lists.md. */
import type { Arrangement } from '../core/arrangement'
import type { Part } from '../core/edit_list'
import { request } from './http'
import type { Chapter } from './models'

export interface EditContent {
  readonly ranges: readonly Part[]
  readonly title: string
  readonly subtitle: string
  readonly arrangement: Arrangement
  /** Null while it takes those of the replay. */
  readonly chapters: readonly Chapter[] | null
  /** In a look, with its intro and outro. */
  readonly branded: boolean
  /** Which one; empty: the one that it has by itself. */
  readonly look: string
}

export interface Author {
  readonly name: string | null
  readonly own: boolean
}

export interface Edit {
  readonly id: string
  readonly replay_id: string
  readonly kind: 'microcourse' | 'chapters'
  readonly revision: number
  readonly content: EditContent
  readonly length_ms: number
  readonly warning: 'long' | 'very_long' | null
  readonly undo: boolean
  readonly redo: boolean
  readonly author: Author
  readonly utc_ms: number
  readonly microcourse_id: string | null
}

export type Operation =
  | { readonly kind: 'trim'; readonly index: number; readonly start_ms: number; readonly end_ms: number }
  | { readonly kind: 'add'; readonly start_ms: number; readonly end_ms: number; readonly at?: number }
  | { readonly kind: 'remove' | 'join'; readonly index: number }
  | { readonly kind: 'cut_out'; readonly start_ms: number; readonly end_ms: number }
  | { readonly kind: 'split'; readonly index: number; readonly at_ms: number }
  | { readonly kind: 'move'; readonly index: number; readonly to: number }
  | { readonly kind: 'name'; readonly title: string; readonly subtitle: string }
  | { readonly kind: 'arrange'; readonly arrangement: Arrangement }
  | { readonly kind: 'brand'; readonly branded: boolean; readonly look: string }
  | { readonly kind: 'restore'; readonly revision: number }
  | { readonly kind: 'set_chapter'; readonly at_ms: number; readonly title: string; readonly moved_from_ms?: number }
  | { readonly kind: 'drop_chapter'; readonly at_ms: number }
  | { readonly kind: 'derive_chapters' }

/** A saved state; `what` is the operation or step that led to it, `equals` the revision whose content it has. */
export interface Revision {
  readonly revision: number
  readonly what: string
  readonly equals: number
  readonly author: Author
  readonly utc_ms: number
  readonly content: EditContent
}

/** What is asked of a draft; `change_id` tells a repeated request from a new one. */
export interface Change {
  readonly change_id: string
  readonly from_revision: number
  readonly over?: number
  readonly step?: 'change' | 'undo' | 'redo'
  readonly operation?: Operation
}

export interface OtherEditor {
  readonly name: string | null
  readonly own: boolean
  readonly edit_id: string | null
}

/** Looks to choose from; without a name it is the organisation's own. */
export interface LookChoices {
  readonly items: readonly { readonly id: string; readonly name: string }[]
  /** The one that a microcourse has when nobody chooses. */
  readonly by_itself: string
}

/** Where proposed lessons begin that one has put aside. */
export interface SetAside {
  readonly starts_ms: readonly number[]
}

const root = '/api/v1'

export const editsApi = {
  drafts: (replayId: string) => request<{ readonly items: readonly Edit[]; readonly chapters: Edit }>('GET', `${root}/replays/${replayId}/edits`),
  begin: (replayId: string, ranges: readonly Part[], title = '') => request<Edit>('POST', `${root}/replays/${replayId}/edits`, { body: { ranges, title } }),
  draft: (id: string) => request<Edit>('GET', `${root}/edits/${id}`),
  drop: (id: string) => request<null>('DELETE', `${root}/edits/${id}`),
  change: (id: string, change: Change) => request<Edit>('POST', `${root}/edits/${id}/revisions`, { body: change }),
  history: (id: string) => request<{ readonly items: readonly Revision[] }>('GET', `${root}/edits/${id}/revisions`),
  /** `newestLook`: in its look as that is now, not as it was the last time. */
  produce: (id: string, revision: number, newestLook = false) => request<{ readonly microcourse_id: string; readonly version: number }>('POST', `${root}/edits/${id}/produce`, { body: { revision, newest_look: newestLook } }),
  looks: (replayId: string) => request<LookChoices>('GET', `${root}/replays/${replayId}/looks`),
  aside: (replayId: string) => request<SetAside>('GET', `${root}/replays/${replayId}/set-aside`),
  putAside: (replayId: string, startsMs: readonly number[]) => request<SetAside>('POST', `${root}/replays/${replayId}/set-aside`, { body: { starts_ms: startsMs } }),
  takeBackAside: (replayId: string) => request<SetAside>('DELETE', `${root}/replays/${replayId}/set-aside`),
  present: (replayId: string, tab: string, editId: string | null, leaving = false) =>
    request<{ readonly others: readonly OtherEditor[]; readonly revisions: Readonly<Record<string, number>> }>('POST', `${root}/replays/${replayId}/editors`, { body: { tab, edit_id: editId, leaving }, keepalive: leaving }),
  /** How many learners took part in each step of a replay. */
  participation: (replayId: string) => request<{ readonly step_ms: number; readonly people: readonly number[] }>('GET', `${root}/replays/${replayId}/participation`),
  /** How a replay was watched, second by second; for those who may read views. */
  figures: (replayId: string) => request<{ readonly staying: readonly number[] }>('GET', `${root}/views/replay/${replayId}/figures`),
}
