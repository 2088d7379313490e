/**
 * How long a lost connection waits before it tries again, so that a class of thousands is back within seconds of its server and
 * does not come all at once. Socket.IO's own manager gets the same numbers; `loadtests/class_/returning.py` plays them.
 */
export const BACK_OFF = { firstMs: 400, longestMs: 2500, jitter: 0.5 } as const

/** The wait before the `attempt`-th try (from 1); `chance` is in [0, 1). */
export function backOffMs(attempt: number, chance: number): number {
  const { firstMs, longestMs, jitter } = BACK_OFF
  const middleMs = Math.min(longestMs / (1 + jitter), firstMs * 2 ** Math.min(attempt - 1, 10))
  return Math.round(middleMs * (1 - jitter + 2 * jitter * chance))
}
