/**
 * Played intervals on their way to the server. An interval leaves the queue when the server has accepted or refused its id;
 * sending it twice is harmless. Bound: `LIMIT`, policy drop_oldest, counted in `dropped`.
 */
import type { PlayedInterval } from './played_intervals'

export const LIMIT = 500

export class ViewQueue {
  private waiting: PlayedInterval[]
  dropped = 0

  constructor(restored: readonly PlayedInterval[] = []) {
    this.waiting = restored.slice(-LIMIT)
  }

  add(intervals: readonly PlayedInterval[]): void {
    this.waiting.push(...intervals)
    const over = this.waiting.length - LIMIT
    if (over > 0) {
      this.waiting.splice(0, over)
      this.dropped += over
    }
  }

  /** What to send next, oldest first. */
  batch(most = 100): readonly PlayedInterval[] {
    return this.waiting.slice(0, most)
  }

  /** The server has answered for these. */
  settle(batch: readonly PlayedInterval[]): void {
    const ids = new Set(batch.map((interval) => interval.id))
    this.waiting = this.waiting.filter((interval) => !ids.has(interval.id))
  }

  all(): readonly PlayedInterval[] {
    return this.waiting
  }
}
