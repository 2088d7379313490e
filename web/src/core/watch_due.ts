/** How urgent it is to watch something. Pure. */
const DAY_MS = 86_400_000
const SOON_MS = 3 * DAY_MS
const FIRST_LOOK_MS = 5_000
const MOST_LOOKS = 4

export type Urgency = 'done' | 'overdue' | 'soon' | 'later' | 'open'

/** `due`: until when it is to be watched; null: nobody said. */
export function urgency(of: { readonly isDone: boolean; readonly dueUtcMs: number | null }, nowUtcMs: number): Urgency {
  if (of.isDone) return 'done'
  if (of.dueUtcMs === null) return 'open'
  if (of.dueUtcMs <= nowUtcMs) return 'overdue'
  return of.dueUtcMs - nowUtcMs <= SOON_MS ? 'soon' : 'later'
}

/** After how many ms to ask again while lessons are still being counted; `times` one has asked again. null: no more. */
export function askAgainMs(uncounted: number, times: number): number | null {
  return uncounted > 0 && times < MOST_LOOKS ? FIRST_LOOK_MS * 2 ** times : null
}
