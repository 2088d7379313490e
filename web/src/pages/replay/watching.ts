/**
 * Reports what was really played: every few seconds, and when the page is left. What could not be sent waits in this browser's
 * storage: this page sends it when the network is back, or the next page of the same viewer does. `close()` sends the rest.
 */
import { PlayedIntervals } from '../../core/played_intervals'
import { asRemembered, type Remembered } from '../../core/resume_position'
import { SteadyClock } from '../../core/steady_clock'
import { asParcel, clockOf, givenUp, isLeftBehind, type Parcel, type PlayedKind } from '../../core/view_parcels'
import { ViewQueue } from '../../core/view_queue'
import type { ShownState } from '../../media/recording_player'
import { api } from '../../rest/api'
import { Refusal } from '../../rest/http'
import { live, livingPlayers } from './living_players'

const REPORT_EVERY_MS = 4_000
/** Every so many rounds it looks for what pages left behind that could not say goodbye. */
const LOOKS_AROUND_EVERY = 15
const PARCELS = 'lectern.watched.'
const POSITIONS = 'lectern.position.'
const MOST_POSITIONS = 200
/** Whoever skips ahead where one may not is told so by the player. */
const SAID_ANYWAY = 'skipped_ahead'

export interface Watched {
  readonly medium: PlayedKind
  readonly id: string
  readonly version: string | number
  /** Whose it is; what another person left in this browser is not sent in this one's name. */
  readonly viewer: string
}

export class Watching {
  private readonly played = new PlayedIntervals(() => crypto.randomUUID())
  private readonly queue = new ViewQueue()
  private readonly clock = new SteadyClock(() => Date.now(), () => performance.now())
  private readonly player = crypto.randomUUID()
  private readonly timer: ReturnType<typeof setInterval>
  private position: Parcel['position'] = null
  private last: ShownState | undefined
  private sending = false
  private closed = false
  private left = false
  private rounds = 0
  private die = live(this.player)

  constructor(
    private readonly what: Watched,
    private readonly bearer: string | null,
    /** The server's answer to a report: as far as this viewer may go, if there is a limit. */
    private readonly onLimit: (furthestMs: number | null) => void = () => undefined,
    /** Some of what was played does not count, for a reason that the page does not show anyway. */
    private readonly onUncounted: () => void = () => undefined,
  ) {
    this.timer = setInterval(this.round, REPORT_EVERY_MS)
    document.addEventListener('visibilitychange', this.onVisibility)
    addEventListener('pagehide', this.onLeave)
    addEventListener('pageshow', this.onBack)
    addEventListener('online', this.onOnline)
    void this.sendLeftBehind()
  }

  receive(state: ShownState): void {
    const paused = this.last?.playing === true && !state.playing
    const now = this.clock.now()
    if (state.playing || paused) this.position = { positionMs: state.positionMs, utcMs: now }
    this.last = state
    this.played.receive(
      { positionMs: state.positionMs, playing: state.playing, speed: state.speed, visible: state.inSmallWindow || document.visibilityState === 'visible', audible: !state.muted, captions: state.captions },
      performance.now(),
      now,
    )
    if (paused) void this.flush(false)
  }

  close(): void {
    clearInterval(this.timer)
    document.removeEventListener('visibilitychange', this.onVisibility)
    removeEventListener('pagehide', this.onLeave)
    removeEventListener('pageshow', this.onBack)
    removeEventListener('online', this.onOnline)
    this.left = true
    void this.flush(true)
    this.closed = true
    this.die()
  }

  /** With what right it is reported: what a link's token played is not sent with a sign-in, nor the other way round. */
  private get scope(): string {
    return this.bearer === null ? 'account' : `${this.what.medium}.${this.what.id}`
  }

  private get parcel(): Parcel {
    return { ...this.what, scope: this.scope, player: this.player, waiting: this.queue.all(), position: this.position, touchedUtcMs: Date.now(), touchedClockMs: this.clock.now(), left: this.left }
  }

  private async flush(leaving: boolean): Promise<void> {
    if (this.closed) return
    if (this.position) store(positionName(this.what), { ...this.position, utcMs: this.clock.byDevice(this.position.utcMs) })
    this.queue.add(this.played.drain())
    const sends = leaving || !this.sending
    const batch = sends ? this.queue.batch() : []
    this.keep()
    if (batch.length === 0) return
    this.sending = true
    try {
      const answered = await send(this.parcel, batch, this.bearer, leaving)
      this.queue.settle(batch)
      if (answered.furthest_ms !== undefined) this.onLimit(answered.furthest_ms)
      if (answered.refused.some(({ code }) => code !== SAID_ANYWAY)) this.onUncounted()
    } catch (error) {
      if (!isFinal(error)) return
      this.queue.settle(batch)
      this.onUncounted()
    } finally {
      this.sending = false
      this.keep()
    }
  }

  private keep(): void {
    store(PARCELS + this.player, this.queue.all().length === 0 ? null : this.parcel)
  }

  /** Sends what pages of this viewer left behind that are gone. */
  private async sendLeftBehind(): Promise<void> {
    const living = await livingPlayers()
    const found = new Map(names(PARCELS).map((name) => [name, asParcel(stored(name))] as const))
    for (const name of givenUp(found, Date.now())) store(name, null)
    for (const [name, parcel] of found) {
      if (!parcel || parcel.player === this.player || parcel.viewer !== this.what.viewer || parcel.scope !== this.scope || !isLeftBehind(parcel, Date.now(), living)) continue
      if (!(await this.sendParcel(name, parcel))) return
    }
  }

  /** Tells whether to go on with the next. */
  private async sendParcel(name: string, parcel: Parcel): Promise<boolean> {
    const queue = new ViewQueue(parcel.waiting)
    // What another medium did not count cannot be watched again here.
    const ours = parcel.medium === this.what.medium && parcel.id === this.what.id
    for (let batch = queue.batch(); batch.length > 0; batch = queue.batch()) {
      // Kept as it was touched before: if this page is gone too, the next one goes on with it.
      store(name, { ...parcel, waiting: queue.all() })
      try {
        const answered = await send(parcel, batch, this.bearer, false)
        if (ours && answered.refused.some(({ code }) => code !== SAID_ANYWAY)) this.onUncounted()
      } catch (error) {
        if (!isFinal(error)) return false
        if (ours) this.onUncounted()
      }
      queue.settle(batch)
    }
    store(name, null)
    return true
  }

  private readonly onVisibility = (): void => {
    if (this.last) this.receive(this.last)
    if (document.visibilityState === 'hidden') void this.flush(true)
    else this.queue.freeze()
  }

  /** A page that may be shown again without being loaded must hold nothing. */
  private readonly onLeave = (): void => {
    this.left = true
    void this.flush(true)
    this.die()
  }

  private readonly onBack = (): void => {
    if (this.left) this.die = live(this.player)
    this.left = false
    this.queue.freeze()
  }

  private readonly round = (): void => {
    void this.flush(false)
    this.rounds += 1
    if (this.rounds % LOOKS_AROUND_EVERY === 0) void this.sendLeftBehind()
  }

  private readonly onOnline = (): void => {
    void this.flush(false)
    void this.sendLeftBehind()
  }
}

function send(parcel: Parcel, intervals: ReturnType<ViewQueue['batch']>, bearer: string | null, keepalive: boolean): ReturnType<typeof api.reportViews> {
  const { medium, id, version, player, position } = parcel
  const sent = Math.round(clockOf(parcel, Date.now()))
  const place = position ? { position_ms: Math.round(position.positionMs), position_age_ms: Math.max(0, Math.round(sent - position.utcMs)) } : {}
  return api.reportViews({ medium, id, version, player, intervals, sent_utc_ms: sent, ...place }, bearer, keepalive)
}

/** A server that understood and said no will say no again; everything else is tried again. */
function isFinal(error: unknown): boolean {
  return error instanceof Refusal && error.status >= 400 && error.status < 500 && ![401, 408, 425, 429].includes(error.status)
}

/** Where this viewer stopped in this browser; the server may not have heard of it yet. */
export function rememberedPosition(what: Omit<Watched, 'version'>): Remembered | null {
  return asRemembered(stored(positionName(what)))
}

const positionName = ({ viewer, medium, id }: Omit<Watched, 'version'>): string => `${POSITIONS}${viewer}.${medium}.${id}`

/** Forgets the oldest of too many places, so that storage stays small. */
export function tidyPositions(): void {
  const found = names(POSITIONS).map((name) => [name, asRemembered(stored(name))?.utcMs ?? 0] as const)
  for (const [name] of found.sort(([, a], [, b]) => b - a).slice(MOST_POSITIONS)) store(name, null)
}

function names(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(prefix))
  } catch {
    return []
  }
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
