/** Going back in a live broadcast: where a moment of the wall clock lies in a playlist that grows. */
export interface Listed {
  /** Seconds from the playlist's beginning, and how long it lasts. */
  readonly start: number
  readonly duration: number
  /** Wall clock of its beginning (EXT-X-PROGRAM-DATE-TIME), or null. */
  readonly programDateTime: number | null
}

/** Position, in seconds, of a moment; what nobody recorded takes no time there: such a moment is where it goes on. */
export function positionOf(utcMs: number, listed: readonly Listed[]): number {
  let after = 0
  for (const { start, duration, programDateTime } of listed) {
    if (programDateTime === null) continue
    if (utcMs < programDateTime) return start
    after = start + Math.min((utcMs - programDateTime) / 1000, duration)
    if (utcMs < programDateTime + duration * 1000) return after
  }
  return after
}

/** Whole minutes and seconds, as `m:ss`. */
export function behindWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
