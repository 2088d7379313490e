/** What a worker heard and saw in a replay, and where it proposes to cut it: docs/protocol.md, "REST". */
import { request } from './http'

export interface Signals {
  readonly state: 'none' | 'working' | 'ready' | 'failed'
  readonly progress: number
  readonly reason: string | null
  readonly bucket_ms: number
  /** 0 to 255, one for each `bucket_ms`. */
  readonly peaks: readonly number[]
  readonly utterances: readonly (readonly [number, number])[]
  readonly scenes: readonly (readonly [number, number])[]
}

export interface CutReason {
  readonly code: string
  readonly at_ms: number
  readonly ref: string | null
  readonly length_ms: number | null
}

export interface ProposedLesson {
  readonly start_ms: number
  readonly end_ms: number
  readonly title: string
  readonly score: number
  readonly reasons: { readonly start: readonly CutReason[]; readonly end: readonly CutReason[] }
}

export interface Proposal {
  readonly state: Signals['state']
  readonly progress: number
  readonly reason: string | null
  readonly lessons: readonly ProposedLesson[]
  readonly notes: readonly { readonly code: string; readonly from_ms: number; readonly to_ms: number }[]
}

export const signalsApi = {
  signals: (replayId: string) => request<Signals>('GET', `/api/v1/replays/${replayId}/signals`),
  proposal: (replayId: string) => request<Proposal>('GET', `/api/v1/replays/${replayId}/proposal`),
}
