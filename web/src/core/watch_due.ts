/** How urgent it is to watch something. Pure. */
const DAY_MS = 86_400_000
const SOON_MS = 3 * DAY_MS
const FIRST_LOOK_MS = 5_000
const LAST_LOOK_MS = 60_000

export type Urgency = 'done' | 'overdue' | 'soon' | 'later' | 'open'

/** `due`: until when it is to be watched; null: nobody said. */
export function urgency(of: { readonly isDone: boolean; readonly dueUtcMs: number | null }, nowUtcMs: number): Urgency {
  if (of.isDone) return 'done'
  if (of.dueUtcMs === null) return 'open'
  if (of.dueUtcMs <= nowUtcMs) return 'overdue'
  return of.dueUtcMs - nowUtcMs <= SOON_MS ? 'soon' : 'later'
}

/** After how many ms to ask again while lessons are still being counted, ever more seldom; `times` one has. null: all are counted. */
export function askAgainMs(uncounted: number, times: number): number | null {
  return uncounted > 0 ? Math.min(FIRST_LOOK_MS * 2 ** times, LAST_LOOK_MS) : null
}
