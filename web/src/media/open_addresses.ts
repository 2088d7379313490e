/** Keeps the addresses of a medium alive while its page is open, for days if need be: asks for it again before they run out. */
import { PlayAddresses, renewInMs } from '../core/play_addresses'

/** What every player of this page fetches by, unless it has addresses of its own. */
export const openAddresses = new PlayAddresses()

interface Lasting {
  readonly until_utc_ms: number
  readonly version: string | number
}

/**
 * `asked` is the medium as the server told it, `ask` tells it anew. Where that is refused (the right is gone), or the network is, what
 * plays goes on as long as its addresses last. Returns what ends it.
 */
export function keepOpen<Medium extends Lasting>(asked: Medium, ask: () => Promise<Medium>): () => void {
  let known = asked
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueMs = 0

  function wait(): void {
    const inMs = renewInMs(known.until_utc_ms, Date.now())
    dueMs = Date.now() + inMs
    clearTimeout(timer)
    timer = setTimeout(() => void renew(), inMs)
  }

  async function renew(): Promise<void> {
    try {
      const now = await ask()
      // Addresses of a newer version open other files.
      if (now.version === known.version) {
        openAddresses.renew(known, now)
        known = now
      }
    } catch {
      // Asked again: soon, as the time that is left becomes shorter.
    }
    if (timer !== undefined) wait()
  }

  /** A computer that slept wakes up behind its time. */
  const onBack = (): void => {
    if (document.visibilityState === 'visible' && Date.now() > dueMs) void renew()
  }

  document.addEventListener('visibilitychange', onBack)
  addEventListener('online', onBack)
  wait()
  return () => {
    clearTimeout(timer)
    timer = undefined
    document.removeEventListener('visibilitychange', onBack)
    removeEventListener('online', onBack)
  }
}
