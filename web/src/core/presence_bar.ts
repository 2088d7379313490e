/** The session as one bar per person: where they were present, in per cent of its length. */
export interface PresenceInterval {
  readonly joined_utc_ms: number
  readonly left_utc_ms: number | null
  readonly device?: string | null
}

export interface BarPart {
  readonly startPercent: number
  readonly widthPercent: number
}

/** Overlapping intervals (two devices) are merged; parts outside the session are cut off. An open interval ends now. */
export function presenceBar(intervals: readonly PresenceInterval[], startUtcMs: number, endUtcMs: number): BarPart[] {
  const length = endUtcMs - startUtcMs
  if (length <= 0) return []
  const clipped = intervals
    .map((interval) => [Math.max(interval.joined_utc_ms, startUtcMs), Math.min(interval.left_utc_ms ?? endUtcMs, endUtcMs)] as const)
    .filter(([from, to]) => to > from)
    .sort((a, b) => a[0] - b[0])
  const merged: [number, number][] = []
  for (const [from, to] of clipped) {
    const last = merged.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged.map(([from, to]) => ({ startPercent: ((from - startUtcMs) / length) * 100, widthPercent: ((to - from) / length) * 100 }))
}
