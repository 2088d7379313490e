/** Which gaps of a recording a viewer is told of, and where they lie on the time line. */

interface Gap {
  readonly from_ms: number
  readonly to_ms: number
  readonly missing_ms: number
}

export interface Band {
  readonly left: string
  readonly width: string
}

const NOTICED_MS = 1000

/** Those that somebody notices: a second or more is gone. */
export function noticed<T extends Gap>(gaps: readonly T[]): T[] {
  return gaps.filter((gap) => gap.missing_ms >= NOTICED_MS)
}

/** Where at least half of a stretch is gone; single packets of a long stretch would only colour everything. */
export function bandsOf(gaps: readonly Gap[], durationMs: number): Band[] {
  const share = (ms: number): number => (100 * ms) / Math.max(1, durationMs)
  return noticed(gaps)
    .filter((gap) => gap.to_ms - gap.from_ms <= 2 * gap.missing_ms)
    .map((gap) => ({ left: `${share(gap.from_ms)}%`, width: `${share(gap.to_ms - gap.from_ms)}%` }))
}
