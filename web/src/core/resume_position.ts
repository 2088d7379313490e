/**
 * Where a recording goes on: where the person last watched, on whatever device. Ages instead of times of day, so that a wrong
 * clock of one device decides nothing.
 */

export interface Stop {
  readonly positionMs: number
  /** How long ago it was watched there. */
  readonly ageMs: number
}

export interface Resumption {
  readonly atMs: number
  /** Where it was watched last: nowhere yet (or to its end), in this browser, on another device. */
  readonly from: 'start' | 'here' | 'elsewhere'
  /** The other place, if that is further on: going back is never silent. */
  readonly furtherMs: number | null
}

export interface Remembered {
  readonly positionMs: number
  readonly utcMs: number
}

/** So near its end a recording is finished, and begins anew. */
const FINISHED_MS = 5_000
/** Two reports of one moment differ by as much: the answer was on its way. */
const SAME_MOMENT_MS = 5_000
const WORTH_SAYING_MS = 10_000

export function resumption(there: Stop | null, here: Stop | null, durationMs: number): Resumption {
  const hereIsNewer = here !== null && (there === null || here.ageMs <= there.ageMs + SAME_MOMENT_MS)
  const newest = hereIsNewer ? here : there
  if (newest === null || newest.positionMs <= 0 || newest.positionMs > durationMs - FINISHED_MS) return { atMs: 0, from: 'start', furtherMs: null }
  const other = hereIsNewer ? there : here
  const further = other !== null && other.positionMs > newest.positionMs + WORTH_SAYING_MS && other.positionMs <= durationMs - FINISHED_MS
  return { atMs: newest.positionMs, from: hereIsNewer ? 'here' : 'elsewhere', furtherMs: further ? other.positionMs : null }
}

/** What this browser remembers, as of now; null if its clock was set back since: nobody knows how old it is then. */
export function stopOf(remembered: Remembered | null, nowUtcMs: number): Stop | null {
  if (remembered === null || remembered.utcMs > nowUtcMs) return null
  return { positionMs: remembered.positionMs, ageMs: nowUtcMs - remembered.utcMs }
}

/** What storage held, if it is one of ours. */
export function asRemembered(found: unknown): Remembered | null {
  if (typeof found !== 'object' || found === null) return null
  const { positionMs, utcMs } = found as Record<string, unknown>
  return typeof positionMs === 'number' && typeof utcMs === 'number' ? { positionMs, utcMs } : null
}
