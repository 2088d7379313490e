/** Lengths of time as people read them. */

/** 42 → "0:42", 3725 → "1:02:05". Negative counts as 0. */
export function clockWords(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000))
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`
}

/** As `clockWords`, with tenths of a second: 65300 → "1:05.3". Whole seconds do without. */
export function preciseWords(ms: number): string {
  const tenths = Math.max(0, Math.round(ms / 100))
  return clockWords(Math.floor(tenths / 10) * 1000) + (tenths % 10 ? `.${tenths % 10}` : '')
}

/** "1:02:05", "2:05", "2:05.3" or "65" to milliseconds; null when it is none of these. */
export function parseClock(text: string): number | null {
  const [, whole = '', tenth = '0'] = /^([\d:]+)(?:[.,](\d))?$/.exec(text.trim()) ?? []
  const match = /^(?:(?:(\d+):)?([0-5]?\d):)?(\d+)$/.exec(whole)
  if (!match) return null
  const [hours, minutes, seconds] = [Number(match[1] ?? 0), Number(match[2] ?? 0), Number(match[3])]
  if (match[2] !== undefined && seconds > 59) return null
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number(tenth) * 100
}

/** How a microcourse's length compares with what learners watch to the end (MIC-01). */
export function lengthVerdict(ms: number): 'too_short' | 'good' | 'long' | 'very_long' {
  if (ms < 1000) return 'too_short'
  if (ms > 20 * 60_000) return 'very_long'
  return ms > 15 * 60_000 ? 'long' : 'good'
}

/** What is left until `endsUtcMs`, in whole milliseconds, never negative. */
export function leftMs(endsUtcMs: number, nowUtcMs: number): number {
  return Math.max(0, endsUtcMs - nowUtcMs)
}

/** Share of a window that is still left, 1 at the start and 0 at the end. */
export function shareLeft(startUtcMs: number, endUtcMs: number, nowUtcMs: number): number {
  if (endUtcMs <= startUtcMs) return 0
  return Math.min(1, Math.max(0, (endUtcMs - nowUtcMs) / (endUtcMs - startUtcMs)))
}
