/**
 * Played intervals on their way to the server. An interval leaves the queue when the server has accepted or refused its id;
 * sending it twice is harmless. What goes on exactly where the one before it ended becomes one with it until it is first sent,
 * so an hour without network is one interval; what was sent is never changed, because the server may know it.
 * Bound: `LIMIT`, policy drop_oldest, counted in `dropped`.
 */
import type { PlayedInterval } from './played_intervals'

export const LIMIT = 500

export interface Waiting {
  readonly interval: PlayedInterval
  /** Whether the server may have it already. */
  readonly sent: boolean
}

export class ViewQueue {
  private waiting: Waiting[]
  dropped = 0

  constructor(restored: readonly Waiting[] = []) {
    this.waiting = restored.slice(-LIMIT)
  }

  add(intervals: readonly PlayedInterval[]): void {
    for (const interval of intervals) {
      const last = this.waiting.at(-1)
      if (last && !last.sent && goesOn(last.interval, interval)) this.waiting[this.waiting.length - 1] = { interval: joined(last.interval, interval), sent: false }
      else this.waiting.push({ interval, sent: false })
    }
    const over = this.waiting.length - LIMIT
    if (over > 0) {
      this.waiting.splice(0, over)
      this.dropped += over
    }
  }

  /** What to send next, oldest first; from now on it counts as sent. Store `all()` before sending. */
  batch(most = 100): readonly PlayedInterval[] {
    this.waiting = this.waiting.map((one, at) => (at < most ? { ...one, sent: true } : one))
    return this.waiting.slice(0, most).map((one) => one.interval)
  }

  /** From here on nothing is joined to what is there: somebody else may have sent it (this page slept). */
  freeze(): void {
    this.waiting = this.waiting.map((one) => ({ ...one, sent: true }))
  }

  /** The server has answered for these. */
  settle(batch: readonly PlayedInterval[]): void {
    const ids = new Set(batch.map((interval) => interval.id))
    this.waiting = this.waiting.filter((one) => !ids.has(one.interval.id))
  }

  all(): readonly Waiting[] {
    return this.waiting
  }
}

function goesOn(before: PlayedInterval, after: PlayedInterval): boolean {
  return (
    before.to_ms === after.from_ms &&
    before.started_utc_ms + before.wall_ms === after.started_utc_ms &&
    before.speed === after.speed &&
    before.visible === after.visible &&
    before.audible === after.audible &&
    before.captions === after.captions
  )
}

function joined(before: PlayedInterval, after: PlayedInterval): PlayedInterval {
  return { ...before, to_ms: after.to_ms, wall_ms: before.wall_ms + after.wall_ms }
}
