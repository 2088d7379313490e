/**
 * Turns samples of a player into the media intervals that were really played.
 *
 * Feed `receive` a few times a second and at every pause, seek, rate or visibility change; `drain` hands out finished
 * intervals and cuts the running one, so that what is reported is never older than the caller's reporting period.
 * Positions are media milliseconds; `now` is monotonic milliseconds, `utc` wall milliseconds. Where these two part, somebody slept or
 * set a clock: what is played after that begins anew, at its own moment.
 */
export interface PlayerSample {
  readonly positionMs: number
  readonly playing: boolean
  readonly speed: number
  readonly visible: boolean
  readonly audible: boolean
  readonly captions: boolean
}

export interface PlayedInterval {
  readonly id: string
  readonly from_ms: number
  readonly to_ms: number
  readonly started_utc_ms: number
  readonly wall_ms: number
  readonly speed: number
  readonly visible: boolean
  readonly audible: boolean
  /** What pages before this one left behind does not say. */
  readonly captions?: boolean
}

interface Running {
  from: number
  to: number
  startedNow: number
  lastNow: number
  startedUtc: number
  speed: number
  visible: boolean
  audible: boolean
  captions: boolean
}

/** A position that differs this much from where playing would have led is a seek (or a stall), not playing. */
const JUMP_MS = 1000

export class PlayedIntervals {
  private running: Running | undefined
  private done: PlayedInterval[] = []

  constructor(private readonly makeId: () => string) {}

  receive(sample: PlayerSample, now: number, utc: number): void {
    const run = this.running
    if (run) {
      const expected = run.to + (now - run.lastNow) * run.speed
      const moved = sample.positionMs - run.to
      if (moved >= 0 && sample.positionMs <= expected + JUMP_MS) {
        run.to = sample.positionMs
        run.lastNow = now
      } else {
        this.close()
      }
      const same = run.speed === sample.speed && run.visible === sample.visible && run.audible === sample.audible && run.captions === sample.captions
      const leapt = Math.abs(utc - run.startedUtc - (now - run.startedNow)) > JUMP_MS
      if (!sample.playing || !same || leapt) this.close()
    }
    if (sample.playing && !this.running) {
      this.running = {
        from: sample.positionMs,
        to: sample.positionMs,
        startedNow: now,
        lastNow: now,
        startedUtc: utc,
        speed: sample.speed,
        visible: sample.visible,
        audible: sample.audible,
        captions: sample.captions,
      }
    }
  }

  /** All intervals since the last call; the running one is cut at its last sample and goes on from there. */
  drain(): PlayedInterval[] {
    const run = this.running
    if (run && run.to > run.from) {
      this.close()
      this.running = { ...run, from: run.to, startedNow: run.lastNow, startedUtc: run.startedUtc + (run.lastNow - run.startedNow) }
    }
    const drained = this.done
    this.done = []
    return drained
  }

  private close(): void {
    const run = this.running
    this.running = undefined
    if (!run || run.to <= run.from) return
    // Rounded where it starts and where it ends: so what goes on from here begins in the same millisecond.
    const startedUtc = Math.round(run.startedUtc)
    this.done.push({
      id: this.makeId(),
      from_ms: Math.round(run.from),
      to_ms: Math.round(run.to),
      started_utc_ms: startedUtc,
      wall_ms: Math.round(run.startedUtc + (run.lastNow - run.startedNow)) - startedUtc,
      speed: run.speed,
      visible: run.visible,
      audible: run.audible,
      captions: run.captions,
    })
  }
}
