/**
 * How far this device's clock is from the server's, from request–answer pairs (the idea of NTP: the pair with the shortest
 * round trip errs least). Without any pair the offset is 0.
 */
export interface ClockSample {
  readonly sentMs: number
  readonly receivedMs: number
  readonly serverMs: number
}

const KEPT = 8

export class ServerClock {
  private samples: ClockSample[] = []

  receive(sample: ClockSample): void {
    if (sample.receivedMs < sample.sentMs) return
    this.samples = [...this.samples, sample].slice(-KEPT)
  }

  /** Milliseconds to add to the local clock to get the server's. */
  get offsetMs(): number {
    let best: ClockSample | undefined
    for (const sample of this.samples) {
      if (!best || sample.receivedMs - sample.sentMs < best.receivedMs - best.sentMs) best = sample
    }
    return best ? Math.round(best.serverMs - (best.sentMs + best.receivedMs) / 2) : 0
  }
}
