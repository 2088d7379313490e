/** The routes of `/api/v1` about publishing replays, apart from the others: no page of a lesson loads them. */
import { request } from './http'

const root = '/api/v1'

/** Null: as the organisation has it. */
export interface ReplayRules {
  readonly by_decision: boolean | null
  /** Learners' cameras, voices, and who they are, are not in the replay. */
  readonly learners_unseen: boolean | null
  readonly learners_unheard: boolean | null
  readonly learners_unnamed: boolean | null
}

export interface Publishing {
  readonly own: ReplayRules
  readonly in_force: ReplayRules
  readonly replay_id: string | null
  /** What is about learners stays. */
  readonly live: boolean
  /** The lesson is: before, there is nothing to decide upon. */
  readonly over: boolean
  /** The replay was deleted: there is nothing to decide upon. */
  readonly deleted: boolean
  readonly held: boolean
  readonly decided_by_name: string | null
  readonly decided_utc_ms: number | null
  /** Cut from it and shown to learners. */
  readonly microcourses: number
  /** From where to where the replay may hold what was said aside. */
  readonly aside_within: readonly (readonly [number, number])[]
}

/** What was said aside in a lesson; `stretches` of the session's clock. */
export interface Asides {
  readonly state: 'none' | 'kept' | 'erasing' | 'erased'
  readonly stretches: readonly (readonly [number, number])[]
  readonly erased_by_name: string | null
  readonly erased_utc_ms: number | null
}

export const publishing = {
  asides: (session: string) => request<Asides>('GET', `${root}/sessions/${session}/asides`),
  eraseAsides: (session: string) => request<Asides>('DELETE', `${root}/sessions/${session}/asides`),
  orgRules: () => request<ReplayRules>('GET', `${root}/replay-rules`),
  setOrgRules: (rules: ReplayRules) => request<ReplayRules>('PUT', `${root}/replay-rules`, { body: rules }),
  of: (session: string, bearer: string | null) => request<Publishing>('GET', `${root}/sessions/${session}/replay-rules`, { bearer }),
  setRules: (session: string, rules: ReplayRules, bearer: string | null) => request<Publishing>('PUT', `${root}/sessions/${session}/replay-rules`, { body: rules, bearer }),
  decide: (session: string, published: boolean, bearer: string | null) => request<Publishing>('PUT', `${root}/sessions/${session}/replay-publication`, { body: { published }, bearer }),
}
