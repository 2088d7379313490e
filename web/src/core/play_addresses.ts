/**
 * Addresses of media are signed, and run out. A page that stays open for days asks for its medium again before that; whatever a player
 * still knows by an old address (a playlist, the segments that it names) is then asked for by the newest one.
 */
const SIGNED = /\/play\/([^/?#]+)\//

export class PlayAddresses {
  /** The newest token that opens the same, by every older one. */
  private readonly newest = new Map<string, string>()

  /** `before` and `now` are the same document of the API, asked for twice. */
  renew(before: unknown, now: unknown): void {
    const fresh = addressesIn(now)
    for (const [place, address] of addressesIn(before)) {
      const [old, next] = [tokenOf(address), tokenOf(fresh.get(place) ?? '')]
      if (old === null || next === null || old === next) continue
      for (const [older, newer] of this.newest) if (newer === old) this.newest.set(older, next)
      this.newest.set(old, next)
    }
  }

  /** The address to ask for instead. */
  renewed(address: string): string {
    const token = tokenOf(address)
    const next = token === null ? undefined : this.newest.get(token)
    return token === null || next === undefined ? address : address.replace(`/play/${token}/`, `/play/${next}/`)
  }
}

function tokenOf(address: string): string | null {
  return SIGNED.exec(address)?.[1] ?? null
}

function addressesIn(document: unknown, place = ''): Map<string, string> {
  if (typeof document === 'string') return new Map(document.startsWith('/play/') ? [[place, document]] : [])
  if (typeof document !== 'object' || document === null) return new Map<string, string>()
  return new Map(Object.entries(document).flatMap(([name, part]) => [...addressesIn(part, `${place}/${name}`)]))
}

const SOONEST_MS = 20_000
/** A timer of browsers takes no more than 2^31 ms. */
const LATEST_MS = 6 * 3_600_000

/** When to ask again: when three quarters of the time are over, and not at once where clocks disagree. */
export function renewInMs(untilUtcMs: number, nowUtcMs: number): number {
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, (untilUtcMs - nowUtcMs) * 0.75))
}
