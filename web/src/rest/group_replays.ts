/** The routes of `/api/v1` about what groups recorded for themselves, apart from the others: no page of a lesson loads them. */
import { request } from './http'
import type { Replay, Viewing } from './models'

const root = '/api/v1'

export type ShownTo = 'staff' | 'group' | 'class'

export interface GroupReplay {
  readonly id: string
  /** Which breakout of the lesson, and which group of it, from 1. */
  readonly round: number
  readonly place: number
  /** Null where it was erased. */
  readonly name: string | null
  readonly task: string | null
  /** The mark of the replay that it belongs to. */
  readonly breakout: string
  readonly at_ms: number
  readonly duration_ms: number
  readonly shown_to: ShownTo
}

export interface OpenGroupReplay {
  readonly about: GroupReplay
  readonly replay: Replay
  readonly lesson_title: string
  /** Who else sees it is for the asker to say. */
  readonly may_decide: boolean
}

/** As which medium a group's recording is reported and counted. */
export const playedId = (replay: string, group: string): string => replay + group

export const groupReplays = {
  /** Who watched it, and how much of it; for staff. */
  viewing: (replay: string, group: string, bearer: string | null) => request<Viewing>('GET', `${root}/views/group_recording/${playedId(replay, group)}`, { bearer }),
  of: (replay: string, bearer: string | null) => request<{ readonly items: readonly GroupReplay[] }>('GET', `${root}/replays/${replay}/groups`, { bearer }),
  one: (replay: string, group: string, bearer: string | null) => request<OpenGroupReplay>('GET', `${root}/replays/${replay}/groups/${group}`, { bearer }),
  show: (replay: string, group: string, to: ShownTo, bearer: string | null) => request<GroupReplay>('PUT', `${root}/replays/${replay}/groups/${group}/audience`, { body: { shown_to: to }, bearer }),
}
