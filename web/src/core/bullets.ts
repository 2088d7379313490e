/** Which lane of the picture a comment flies along: the one that has been free longest; none while all are taken. */

export const LANES = 6
/** How long a lane stays taken by the comment that entered it last. */
export const LANE_MS = 2500
export const FLIGHT_MS = 9000
/** Longer comments are cut: a picture is no place to read. */
export const MOST_CHARS = 60

export class Lanes {
  private readonly takenAtMs: number[] = Array.from({ length: LANES }, () => -Infinity)

  take(nowMs: number): number | null {
    const free = this.takenAtMs.map((at, lane) => ({ at, lane })).filter(({ at }) => nowMs - at >= LANE_MS)
    const lane = free.sort((a, b) => a.at - b.at || a.lane - b.lane)[0]?.lane
    if (lane === undefined) return null
    this.takenAtMs[lane] = nowMs
    return lane
  }
}

export function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  const letters = Array.from(new Intl.Segmenter().segment(line), (part) => part.segment)
  return letters.length > MOST_CHARS ? `${letters.slice(0, MOST_CHARS - 1).join('')}…` : line
}
