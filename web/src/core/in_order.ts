/** A medium that is watched in order: how far this viewer may go. The server keeps the same account, and its word counts. */

/** As far beyond what was watched a position may be and still lead on: players do not begin to the millisecond. */
const AHEAD_MS = 2_000

/** The new limit after something was seen playing at a position; null stays null: no limit. */
export function limitAfter(limitMs: number | null, positionMs: number, playing: boolean): number | null {
  if (limitMs === null) return null
  return playing && positionMs <= limitMs + AHEAD_MS ? Math.max(limitMs, positionMs) : limitMs
}

/** Where a seek to a moment ends. */
export function allowed(ms: number, limitMs: number | null): number {
  return limitMs === null ? ms : Math.min(ms, limitMs)
}
