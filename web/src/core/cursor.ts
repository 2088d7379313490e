/**
 * Follows the session's event stream without gaps.
 *
 * Drain contract: hand every `welcome` to `receiveWelcome` and every `events` message to `receiveBatch`. When the answer is
 * `gap`, ask the server for `resync` with `after: seq` and hand its answer to `receiveWelcome`; batches that arrive in
 * between are safe to hand in, they are either applied or reported as a gap again.
 */
import { apply, replace, type EntityStore } from './entities'
import type { Batch, Welcome, WireEvent } from './wire'

export type Outcome = 'applied' | 'stale' | 'gap'

/** Oldest log entries go first; only tests and support read the log. */
const LOG_LIMIT = 20_000

export class Cursor {
  /** Last sequence number that is in the store; null before the first welcome. */
  seq: number | null = null
  /** Sequence number of the snapshot that `log` starts after. */
  logStart: number | null = null
  readonly log: WireEvent[] = []
  dropped = 0

  constructor(private readonly store: EntityStore) {}

  receiveWelcome(welcome: Welcome): Outcome {
    if ('entities' in welcome) {
      replace(this.store, welcome.entities)
      this.log.length = 0
      this.logStart = welcome.seq
      this.seq = welcome.seq
      return 'applied'
    }
    return this.receiveBatch({ from: welcome.from, to: welcome.seq, events: welcome.events })
  }

  receiveBatch(batch: Batch): Outcome {
    if (this.seq === null || batch.from > this.seq) return 'gap'
    if (batch.to <= this.seq) return 'stale'
    for (const event of batch.events) {
      if (event.seq <= this.seq) continue
      apply(this.store, event)
      this.log.push(event)
    }
    this.seq = batch.to
    while (this.log.length > LOG_LIMIT) {
      this.logStart = this.log.shift()?.seq ?? this.logStart
      this.dropped += 1
    }
    return 'applied'
  }
}
