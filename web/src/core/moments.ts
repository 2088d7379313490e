/** What a replay's marks carry (docs/protocol.md leaves `data` open): read tolerantly, nothing is assumed to be there. */
import type { Json } from './wire'

export interface MomentDetail {
  readonly options: readonly string[]
  readonly counts: readonly number[] | null
  readonly answer: string | null
  readonly votes: number | null
  /** A group's result, and what it wrote together. */
  readonly text: string | null
  readonly notes: string | null
}

export function detailOf(data: unknown): MomentDetail {
  const fields = (typeof data === 'object' && data !== null ? data : {}) as Readonly<Record<string, Json>>
  const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])
  const options = list(fields['options']).map((option) => (typeof option === 'string' ? option : '—'))
  const counts = list(fields['counts']).filter((count) => typeof count === 'number')
  return {
    options,
    counts: counts.length === options.length && options.length > 0 ? counts : null,
    answer: typeof fields['answer'] === 'string' ? fields['answer'] : null,
    votes: typeof fields['votes'] === 'number' ? fields['votes'] : null,
    text: typeof fields['text'] === 'string' ? fields['text'] : null,
    notes: typeof fields['notes'] === 'string' ? fields['notes'] : null,
  }
}

/** Index of the last moment that has begun at `positionMs`, or −1. Moments are in order of time. */
export function currentMoment(moments: readonly { readonly at_ms: number }[], positionMs: number): number {
  let current = -1
  moments.forEach((moment, at) => {
    if (moment.at_ms <= positionMs) current = at
  })
  return current
}
