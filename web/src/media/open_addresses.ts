/** Keeps the addresses of a medium alive while its page is open, for days if need be: asks for it again before they run out. */
import { closes, closesAtOnce } from '../core/closed'
import { PlayAddresses, renewInMs } from '../core/play_addresses'
import { Refusal } from '../rest/http'

/** What every player of this page fetches by, unless it has addresses of its own. */
export const openAddresses = new PlayAddresses()

interface Lasting {
  readonly until_utc_ms: number
  readonly version: string | number
}

export interface KeptOpen {
  readonly end: () => void
  /** Asks now: a player failed. Has newer addresses afterwards, or throws what the server, or the network, said. */
  readonly ask: () => Promise<void>
}

/**
 * `asked` is the medium as the server told it, `ask` tells it anew. Where the right to it is gone, or there is a newer version of it, what
 * plays goes on as long as its addresses last, and nothing more is asked. Where they open nothing any more (it was deleted, is held, its
 * time is over), `onClosed` is told that at once.
 */
export function keepOpen<Medium extends Lasting>(asked: Medium, ask: () => Promise<Medium>, onClosed: (why: Refusal) => void = () => undefined): KeptOpen {
  let known = asked
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueMs = 0

  function wait(): void {
    const inMs = renewInMs(known.until_utc_ms, Date.now())
    dueMs = Date.now() + inMs
    clearTimeout(timer)
    timer = setTimeout(() => void renew(), inMs)
  }

  async function askNow(): Promise<void> {
    const now = await ask()
    // Addresses of a newer version open other files.
    if (now.version !== known.version) {
      end()
      return
    }
    openAddresses.renew(known, now)
    known = now
  }

  async function renew(): Promise<void> {
    try {
      await askNow()
    } catch (error) {
      // Who signed in anew meanwhile goes on.
      if (error instanceof Refusal && closes(error.status) && error.status !== 401) {
        if (timer !== undefined && closesAtOnce(error.status)) onClosed(error)
        end()
        return
      }
      // Asked again: soon, as the time that is left becomes shorter; once it is over, when somebody or the network comes back.
    }
    if (timer !== undefined && Date.now() <= known.until_utc_ms) wait()
  }

  /** A computer that slept wakes up behind its time. */
  const onBack = (): void => {
    if (document.visibilityState === 'visible' && Date.now() > dueMs) void renew()
  }

  function end(): void {
    clearTimeout(timer)
    timer = undefined
    document.removeEventListener('visibilitychange', onBack)
    removeEventListener('online', onBack)
  }

  document.addEventListener('visibilitychange', onBack)
  addEventListener('online', onBack)
  wait()
  return { end, ask: askNow }
}
