/**
 * A clock for one page: it never goes back, whatever somebody sets the device's clock to. Set forward it goes along, because
 * that is what a computer looks like that slept; the server tells the two apart by what it knows of this page.
 * All in milliseconds, UTC as the device had it when the page began.
 */

/** A clock that is corrected bit by bit does not leap. */
const LEAP_MS = 1_000

export class SteadyClock {
  /** By how much the device's clock was set back since. */
  private setBack = 0
  private lastWall: number
  private lastRunning: number

  /** `wall` may be set by anybody, `running` only goes on (it may stand still while a computer sleeps). */
  constructor(
    private readonly wall: () => number,
    private readonly running: () => number,
  ) {
    this.lastWall = wall()
    this.lastRunning = running()
  }

  now(): number {
    const [wall, running] = [this.wall(), this.running()]
    const leap = wall - this.lastWall - (running - this.lastRunning)
    if (leap < -LEAP_MS) this.setBack -= leap
    ;[this.lastWall, this.lastRunning] = [wall, running]
    return Math.round(wall + this.setBack)
  }

  /** What the device's clock shows now for one of this clock's moments. */
  byDevice(utcMs: number): number {
    return utcMs - this.now() + this.wall()
  }
}
