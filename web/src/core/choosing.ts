/** A list of suggestions under a field, moved through by keys (ARIA APG, editable combobox with list autocomplete). Pure. */
export interface FoundPerson {
  readonly id: string
  readonly name: string
  /** The number from HR. */
  readonly external_id: string
  readonly department: string | null
}

export interface Choosing {
  readonly open: boolean
  /** The suggestion that Enter takes; -1: none. */
  readonly at: number
}

export interface Step {
  readonly list: Choosing
  /** The suggestion that was taken. */
  readonly take: number | null
}

export const CLOSED: Choosing = { open: false, at: -1 }

/** What a key does to a list of `count` suggestions; null where it keeps its usual meaning (Enter sends the form, Escape closes the dialog). */
export function pressed(list: Choosing, key: string, count: number): Step | null {
  const to = (at: number): Step => ({ list: { open: true, at: count === 0 ? -1 : at }, take: null })
  switch (key) {
    case 'ArrowDown':
      return to(list.open ? (list.at + 1) % Math.max(1, count) : 0)
    case 'ArrowUp':
      // The suggestions may have become fewer since.
      return to(list.open && list.at > 0 ? Math.min(list.at, count) - 1 : count - 1)
    case 'Escape':
      return list.open ? { list: CLOSED, take: null } : null
    case 'Enter':
      return list.open && list.at >= 0 && list.at < count ? { list: CLOSED, take: list.at } : null
    default:
      return null
  }
}
