/**
 * Which players' pages live in this browser: each holds a lock of the browser's (Web Locks), which nobody holds any more once a page is
 * gone, however it ended: closed, crashed, or the phone restarted. Only secure pages have them.
 */
const PREFIX = 'lectern.playing.'
const known = (): LockManager | undefined => (navigator as { locks?: LockManager }).locks

/** Says that a player lives, until what it returns is called. */
export function live(player: string): () => void {
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  known()
    ?.request(PREFIX + player, () => ended)
    .catch(() => undefined)
  return end
}

/** The players that live; null: this browser does not tell. */
export async function livingPlayers(): Promise<ReadonlySet<string> | null> {
  try {
    const found = await known()?.query()
    if (!found) return null
    const names = [...(found.held ?? []), ...(found.pending ?? [])].map((lock) => lock.name ?? '')
    return new Set(names.filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length)))
  } catch {
    return null
  }
}
