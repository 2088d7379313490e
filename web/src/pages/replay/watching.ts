/**
 * Reports what was really played: every few seconds, and when the page is left. What could not be sent waits in this
 * browser's storage for the next time. `close()` sends the rest.
 */
import { PlayedIntervals, type PlayedInterval } from '../../core/played_intervals'
import { asRemembered, type Remembered } from '../../core/resume_position'
import { ViewQueue } from '../../core/view_queue'
import type { PlayerState } from '../../media/recording_player'
import { api } from '../../rest/api'
import { Refusal } from '../../rest/http'

const REPORT_EVERY_MS = 4_000

export class Watching {
  private readonly played = new PlayedIntervals(() => crypto.randomUUID())
  private readonly queue: ViewQueue
  private readonly player = crypto.randomUUID()
  private readonly timer: ReturnType<typeof setInterval>
  private positionMs = 0
  private last: PlayerState | undefined
  private sending = false

  constructor(
    private readonly medium: 'replay' | 'microcourse',
    private readonly id: string,
    private readonly version: string | number,
    private readonly bearer: string | null,
  ) {
    this.queue = new ViewQueue(restore(this.key))
    this.timer = setInterval(() => void this.flush(false), REPORT_EVERY_MS)
    document.addEventListener('visibilitychange', this.onVisibility)
    addEventListener('pagehide', this.onLeave)
  }

  receive(state: PlayerState): void {
    const paused = this.last?.playing === true && !state.playing
    this.last = state
    this.positionMs = state.positionMs
    this.played.receive(
      { positionMs: state.positionMs, playing: state.playing, speed: state.speed, visible: document.visibilityState === 'visible', audible: !state.muted },
      performance.now(),
      Date.now(),
    )
    if (paused) void this.flush(false)
  }

  close(): void {
    clearInterval(this.timer)
    document.removeEventListener('visibilitychange', this.onVisibility)
    removeEventListener('pagehide', this.onLeave)
    void this.flush(true)
  }

  private get key(): string {
    return `lectern.views.${this.medium}.${this.id}`
  }

  private async flush(leaving: boolean): Promise<void> {
    if (this.last) store(positionKey(this.medium, this.id), { positionMs: this.positionMs, utcMs: Date.now() })
    this.queue.add(this.played.drain())
    const batch = this.queue.batch()
    this.keep()
    if (batch.length === 0 || (this.sending && !leaving)) return
    this.sending = true
    try {
      await api.reportViews({ medium: this.medium, id: this.id, version: this.version, player: this.player, intervals: batch, position_ms: Math.round(this.positionMs) }, this.bearer, leaving)
      this.queue.settle(batch)
    } catch (error) {
      // A server that understood and said no will say no again; everything else is tried again.
      if (error instanceof Refusal && error.status >= 400 && error.status < 500 && error.status !== 401 && error.status !== 429) this.queue.settle(batch)
    } finally {
      this.sending = false
      this.keep()
    }
  }

  private keep(): void {
    const waiting = this.queue.all()
    store(this.key, waiting.length === 0 ? null : waiting)
  }

  private readonly onVisibility = (): void => {
    if (this.last) this.receive(this.last)
    if (document.visibilityState === 'hidden') void this.flush(true)
  }

  private readonly onLeave = (): void => void this.flush(true)
}

/** Where this browser stopped; the server may not have heard of it yet. */
export function rememberedPosition(medium: 'replay' | 'microcourse', id: string): Remembered | null {
  return asRemembered(stored(positionKey(medium, id)))
}

function positionKey(medium: 'replay' | 'microcourse', id: string): string {
  return `lectern.position.${medium}.${id}`
}

function restore(key: string): PlayedInterval[] {
  const found = stored(key)
  return Array.isArray(found) ? (found as PlayedInterval[]) : []
}

function stored(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null')
  } catch {
    // Unreadable or closed storage: as if nothing was there.
    return null
  }
}

function store(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // Storage is full or closed: the queue in memory still sends while the page lives.
  }
}
