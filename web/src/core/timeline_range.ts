/** A range on a medium's time line that is moved by its two ends; both ends stay inside and in order. Milliseconds. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Shortest clip that can be marked. */
export const SHORTEST_MS = 1000

export function withStart(range: Range, start: number, durationMs: number): Range {
  const at = Math.round(Math.min(Math.max(0, start), Math.max(0, durationMs - SHORTEST_MS)))
  return { start: at, end: Math.min(durationMs, Math.max(range.end, at + SHORTEST_MS)) }
}

export function withEnd(range: Range, end: number, durationMs: number): Range {
  const at = Math.round(Math.min(Math.max(Math.min(SHORTEST_MS, durationMs), end), durationMs))
  return { start: Math.max(0, Math.min(range.start, at - SHORTEST_MS)), end: at }
}

/** How far an arrow key moves an end: a second, ten with Shift, to the edge with Home and End. Null for other keys. */
export function keyStep(key: string, shift: boolean, durationMs: number): { by: number } | { to: number } | null {
  const step = shift ? 10_000 : 1000
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return { by: -step }
    case 'ArrowRight':
    case 'ArrowUp':
      return { by: step }
    case 'Home':
      return { to: 0 }
    case 'End':
      return { to: durationMs }
    default:
      return null
  }
}
