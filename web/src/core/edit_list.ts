/** An edit list on its time line: which parts of a replay are shown in which order, and what follows from that. Milliseconds of the replay. */

/** A part of a medium, from `at_ms` to the next one; of one without a title, the kind is the title. */
export interface Chapter {
  readonly at_ms: number
  readonly title: string
  readonly kind: 'own' | 'start' | 'poll' | 'question' | 'checkin' | 'breakout'
}

export type Part = readonly [start: number, end: number]

/** What is shown of the time line. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** The least that is shown: closer, a pointer cannot aim. */
const CLOSEST_MS = 5000

export function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((total, [start, end]) => total + end - start, 0)
}

/** The part that shows a moment; the last picture of a part is before its end. Null in what is left out. */
export function partAt(parts: readonly Part[], ms: number): number | null {
  const found = parts.findIndex(([start, end]) => start <= ms && ms < end)
  return found < 0 ? null : found
}

export type PreviewStep = { readonly part: number; readonly seekTo: number | null } | 'over'

/**
 * What a preview does when its player, playing part `index`, is at `ms`: goes on, jumps to the next part, or is over. A person who
 * jumped elsewhere is followed into the part they jumped to.
 */
export function previewStep(parts: readonly Part[], index: number, ms: number): PreviewStep {
  const part = parts[index]
  if (!part) return 'over'
  if (ms >= part[0] - 500 && ms < part[1]) return { part: index, seekTo: null }
  if (ms < part[0] || ms > part[1] + 1500) {
    const other = partAt(parts, ms)
    if (other !== null) return { part: other, seekTo: null }
  }
  const next = parts[index + 1]
  if (!next) return 'over'
  return { part: index + 1, seekTo: next[0] === part[1] ? null : next[0] }
}

/** A range with one end moved: it stays at least a second long, inside the replay, and off the parts beside it. */
export function trimmed(parts: readonly Part[], index: number, end: 'start' | 'end', ms: number, durationMs: number): Part {
  const [start, stop] = parts[index] ?? [0, 0]
  const others = parts.filter((_, at) => at !== index)
  if (end === 'start') {
    const least = Math.max(0, ...others.map(([, to]) => to).filter((to) => to <= start))
    return [Math.round(Math.min(Math.max(ms, least), stop - 1000)), stop]
  }
  const most = Math.min(durationMs, ...others.map(([from]) => from).filter((from) => from >= stop))
  return [start, Math.round(Math.max(Math.min(ms, most), start + 1000))]
}

/** The first part that shows something of a stretch; null where none does. */
export function shownIn(parts: readonly Part[], start: number, end: number): number | null {
  const found = parts.findIndex(([from, to]) => from < end && start < to)
  return found < 0 ? null : found
}

/** Whether two stretches are the same lesson, cut by two people: no end is off by more than 15 s, or a quarter of a short one. */
export function alike(one: Part, other: Part): boolean {
  const slack = Math.min(15_000, (one[1] - one[0]) / 4)
  return Math.abs(one[0] - other[0]) <= slack && Math.abs(one[1] - other[1]) <= slack
}

/** How far an arrow key moves an end: a second, a tenth with Shift. Null for other keys. */
export function nudge(key: string, shift: boolean): number | null {
  const step = shift ? 100 : 1000
  if (key === 'ArrowLeft' || key === 'ArrowDown') return -step
  if (key === 'ArrowRight' || key === 'ArrowUp') return step
  return null
}

/** The window `factor` times as wide, around a moment that stays where it is seen. */
export function zoomed(window: Window, factor: number, aroundMs: number, durationMs: number): Window {
  const width = Math.min(durationMs, Math.max(Math.min(CLOSEST_MS, durationMs), (window.to - window.from) * factor))
  const share = (aroundMs - window.from) / Math.max(1, window.to - window.from)
  return scrolled({ from: aroundMs - share * width, to: aroundMs - share * width + width }, 0, durationMs)
}

/** The window moved, as far as there is something to see. */
export function scrolled(window: Window, byMs: number, durationMs: number): Window {
  const width = Math.min(durationMs, window.to - window.from)
  const from = Math.min(Math.max(0, window.from + byMs), durationMs - width)
  return { from, to: from + width }
}

/** Moments for a ruler of about `most` labels: a step that people count in. */
export function rulerOf(window: Window, most: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].map((seconds) => seconds * 1000)
  const step = steps.find((ms) => (window.to - window.from) / ms <= most) ?? 14_400_000
  const found: number[] = []
  for (let at = Math.ceil(window.from / step) * step; at <= window.to; at += step) found.push(at)
  return found
}

/** A stretch that somebody may want whole. */
export interface Pick {
  readonly key: string
  readonly kind: Chapter['kind']
  readonly title: string
  readonly start: number
  readonly end: number
}

interface Marked {
  readonly at_ms: number
  readonly end_ms: number | null
  readonly kind: string
  readonly id: string
  readonly title: string | null
}

const BEFORE_POLL_MS = 15_000
const WITHOUT_END_MS = 4 * 60_000

const isPicked = (mark: Marked): mark is Marked & { readonly kind: 'poll' | 'question' } => mark.kind === 'poll' || mark.kind === 'question'

/** The key of what can be picked that a moment on the time line stands for. */
export const pickKey = (kind: string, id: string | number): string => `${kind}${id}`

/**
 * What can be picked whole: the chapters, the polls (from when they were introduced to what comes next), the questions with their
 * answer (until the answer ends, where that is known).
 */
export function picksOf(chapters: readonly Chapter[], marks: readonly Marked[], durationMs: number): Pick[] {
  const starts = [...chapters.map((chapter) => chapter.at_ms), ...marks.map((mark) => mark.at_ms), durationMs].sort((a, b) => a - b)
  const until = (ms: number): number => Math.min(starts.find((at) => at > ms + 5000) ?? durationMs, ms + WITHOUT_END_MS)
  const whole = chapters.map((chapter, at) => ({ key: pickKey('chapter', chapter.at_ms), kind: chapter.kind, title: chapter.title, start: chapter.at_ms, end: chapters[at + 1]?.at_ms ?? durationMs }))
  const moments = marks.filter(isPicked).map((mark) => {
    const start = mark.kind === 'poll' ? Math.max(0, mark.at_ms - BEFORE_POLL_MS) : mark.at_ms
    return { key: pickKey(mark.kind, mark.id), kind: mark.kind, title: mark.title ?? '', start, end: mark.end_ms ?? until(mark.at_ms) }
  })
  return [...whole, ...moments].filter((pick) => pick.end - pick.start >= 1000)
}

/** The chapters that an edit list shows: its own, or those of the replay inside its parts. */
export function chaptersOf(own: readonly Chapter[] | null, ofReplay: readonly Chapter[], parts: readonly Part[]): readonly Chapter[] {
  return own ?? ofReplay.filter((chapter) => partAt(parts, chapter.at_ms) !== null)
}
