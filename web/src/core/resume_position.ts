/** Where a recording goes on: by what the server knows, and by what this browser has only just told it. */

export interface Remembered {
  readonly positionMs: number
  readonly utcMs: number
}

/** A report that old has arrived, or never will: from then on the server's word counts, which other devices write too. */
const ON_ITS_WAY_MS = 30_000
/** So near its end a recording is finished, and begins anew. */
const FINISHED_MS = 5_000

export function resumeAt(serverMs: number, remembered: Remembered | null, nowUtcMs: number, durationMs: number): number {
  const fresh = remembered !== null && Math.abs(nowUtcMs - remembered.utcMs) < ON_ITS_WAY_MS
  const position = fresh ? remembered.positionMs : serverMs
  return position < 0 || position > durationMs - FINISHED_MS ? 0 : position
}

/** What storage held, if it is one of ours. */
export function asRemembered(found: unknown): Remembered | null {
  if (typeof found !== 'object' || found === null) return null
  const { positionMs, utcMs } = found as Record<string, unknown>
  return typeof positionMs === 'number' && typeof utcMs === 'number' ? { positionMs, utcMs } : null
}
