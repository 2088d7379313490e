/** Moments as `<input type="datetime-local">` writes them: the wall clock of this device, to the minute. */

export function wallClock(utcMs: number | null): string {
  if (utcMs === null) return ''
  return new Date(utcMs - new Date(utcMs).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** null: no moment was given. */
export function momentOf(text: string): number | null {
  const utcMs = new Date(text).getTime()
  return Number.isNaN(utcMs) ? null : utcMs
}
