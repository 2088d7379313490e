/** How urgent it is to watch something. Pure. */
const DAY_MS = 86_400_000
const SOON_MS = 3 * DAY_MS

export type Urgency = 'done' | 'overdue' | 'soon' | 'later' | 'open'

/** `due`: until when it is to be watched; null: nobody said. */
export function urgency(of: { readonly isDone: boolean; readonly dueUtcMs: number | null }, nowUtcMs: number): Urgency {
  if (of.isDone) return 'done'
  if (of.dueUtcMs === null) return 'open'
  if (of.dueUtcMs <= nowUtcMs) return 'overdue'
  return of.dueUtcMs - nowUtcMs <= SOON_MS ? 'soon' : 'later'
}
