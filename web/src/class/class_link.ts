/**
 * The class connection: Socket.IO `/class` behind the table of `core/class_link_state`.
 *
 * Owns the Socket.IO manager (one WebSocket, which `/signal` shares), the cursor, the clock and the command queue. `close()` ends
 * everything; nothing here starts on its own before `open()`.
 */
import { Manager, type Socket } from 'socket.io-client'
import type { PageStateChange } from '../core/page_state'
import { BACK_OFF, backOffMs } from '../core/back_off'
import { step, type LinkEvent, type LinkState } from '../core/class_link_state'
import { CommandQueue, type Command } from '../core/command_queue'
import { Cursor } from '../core/cursor'
import type { EntityStore } from '../core/entities'
import { ServerClock } from '../core/server_clock'
import type { Ack, Batch, Identity, Json, Welcome, WireError } from '../core/wire'

export interface ClassCredentials {
  readonly token: string
  readonly lang: string
  readonly device: 'pc' | 'phone' | 'tablet' | 'screen'
  readonly source: string | null
  readonly campaign: string | null
  readonly consent: string | null
}

export interface ClassListener {
  onState(state: LinkState, attempt: number): void
  onJoined(identity: Identity): void
  onMedia(what: 'start' | 'pause' | 'stop'): void
  onRefused(error: WireError): void
  onOver(code: string): void
  onClock(offsetMs: number): void
}

const ACK_PATIENCE_MS = 8_000
const CLOCK_EVERY_MS = 60_000
const PROBE_MS = 1_500
/** Refusals that a later attempt may not meet: the server is starting or busy. */
const PASSING = new Set(['too_fast', 'too_many_connections', 'internal', 'database_away'])
const AWAY_MS = 1_000

export class ClassLink {
  readonly manager: Manager
  readonly cursor: Cursor
  private readonly socket: Socket
  private readonly queue = new CommandQueue()
  private readonly clock = new ServerClock()
  private state: LinkState = 'absent'
  private attempt = 0
  private resyncing = false
  private clockTimer: ReturnType<typeof setInterval> | undefined
  private retryTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    store: EntityStore,
    private readonly credentials: () => ClassCredentials,
    private readonly listener: ClassListener,
  ) {
    this.cursor = new Cursor(store)
    this.manager = new Manager({
      autoConnect: false,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: BACK_OFF.firstMs,
      reconnectionDelayMax: BACK_OFF.longestMs,
      randomizationFactor: BACK_OFF.jitter,
      timeout: 6000,
    })
    this.socket = this.manager.socket('/class', {
      auth: (give: (auth: object) => void) => give({ ...this.credentials(), after: this.cursor.seq }),
    })
    this.socket.on('welcome', (welcome: Welcome) => this.receiveWelcome(welcome))
    this.socket.on('events', (batch: Batch) => this.receiveBatch(batch))
    this.socket.on('over', (over: { code: string }) => {
      this.queue.abandon(over.code, '')
      this.feed('ended')
      this.listener.onOver(over.code)
    })
    this.socket.on('disconnect', (reason) => {
      this.feed('dropped')
      // The server asked us to go without `over` (it restarts): Socket.IO leaves coming back to us.
      if (reason === 'io server disconnect' && this.state === 'returning') this.retryLater()
    })
    this.socket.on('connect_error', (error: Error & { data?: unknown }) => this.receiveRefusal(error))
    this.manager.on('reconnect_attempt', () => this.feed('attempted'))
  }

  open(): void {
    addEventListener('online', this.onOnline)
    addEventListener('offline', this.onOffline)
    ;(navigator as Navigator & { connection?: EventTarget }).connection?.addEventListener('change', this.onOnline)
    this.feed('open')
  }

  close(): void {
    removeEventListener('online', this.onOnline)
    removeEventListener('offline', this.onOffline)
    ;(navigator as Navigator & { connection?: EventTarget }).connection?.removeEventListener('change', this.onOnline)
    this.queue.abandon('left', '')
    this.feed('closed')
    this.hangUp()
  }

  /** Sends a message that means nothing later; null if there is no connection, or no answer. */
  ask(event: string, data: Json): Promise<Json> {
    if (this.state !== 'joined') return Promise.resolve(null)
    return new Promise((settle) => {
      this.socket.timeout(ACK_PATIENCE_MS).emit(event, data, (late: Error | null, answer: Json) => settle(late ? null : answer))
    })
  }

  /** Hears messages beside the class's events; returns how to stop. */
  hear(event: string, listener: (data: Json) => void): () => void {
    this.socket.on(event, listener)
    return () => this.socket.off(event, listener)
  }

  /** Sends a command now, or after the reconnect; settles with the server's one answer. */
  command(type: string, data: Json): Promise<Ack> {
    const command: Command = { id: crypto.randomUUID(), type, data }
    const settled = this.queue.push(command)
    if (this.state === 'joined') this.transmit(command)
    return settled
  }

  /** Says how attentive the page is; lost without harm, for a new connection says it anew. */
  pageState(changes: readonly PageStateChange[]): void {
    if (this.state === 'joined') this.socket.emit('page_state', { changes })
  }

  private transmit(command: Command): void {
    this.socket.timeout(ACK_PATIENCE_MS).emit('command', command, (late: Error | null, ack: Ack) => {
      if (!late && 'error' in ack && ack.error.code === 'database_away') setTimeout(() => this.transmitAgain(command), AWAY_MS)
      else if (!late) this.queue.settle(command.id, ack)
      else if (this.state === 'joined' && this.socket.connected) this.transmit(command)
    })
  }

  /** The server could not say whether it was carried out; its id makes a repetition harmless. */
  private transmitAgain(command: Command): void {
    if (this.state === 'joined' && this.queue.unsettled().includes(command)) this.transmit(command)
  }

  private receiveWelcome(welcome: Welcome): void {
    if (this.cursor.receiveWelcome(welcome) === 'gap') {
      this.resync()
      return
    }
    this.attempt = 0
    this.listener.onJoined(welcome)
    this.feed('welcomed')
    this.askClock()
    this.clockTimer ??= setInterval(() => this.askClock(), CLOCK_EVERY_MS)
  }

  private receiveBatch(batch: Batch): void {
    if (this.cursor.receiveBatch(batch) === 'gap') this.resync()
  }

  private resync(): void {
    if (this.resyncing) return
    this.resyncing = true
    this.socket.timeout(ACK_PATIENCE_MS).emit('resync', { after: this.cursor.seq }, (late: Error | null, answer: Welcome | { error: WireError }) => {
      this.resyncing = false
      if (late) {
        if (this.socket.connected) this.resync()
      } else if ('error' in answer) {
        this.cursor.seq = null
        this.manager.engine.close()
      } else {
        this.receiveWelcome(answer)
      }
    })
  }

  private receiveRefusal(error: Error & { data?: unknown }): void {
    // Without data the transport failed: Socket.IO tries again by itself.
    if (error.data === undefined || error.data === null) {
      if (!this.socket.active) this.retryLater()
      return
    }
    const data = error.data as { error?: WireError } & Partial<WireError>
    const refusal: WireError = data.error ?? { code: data.code ?? 'internal', message: data.message ?? error.message }
    if (PASSING.has(refusal.code)) {
      this.retryLater()
      return
    }
    this.feed('refused')
    this.listener.onRefused(refusal)
  }

  private retryLater(): void {
    clearTimeout(this.retryTimer)
    this.feed('attempted')
    this.retryTimer = setTimeout(() => this.socket.connect(), backOffMs(Math.max(1, this.attempt), Math.random()))
  }

  private askClock(): void {
    const sentMs = Date.now()
    this.socket.timeout(ACK_PATIENCE_MS).emit('clock', {}, (late: Error | null, answer: { utc_ms: number } | undefined) => {
      if (late || !answer) return
      this.clock.receive({ sentMs, receivedMs: Date.now(), serverMs: answer.utc_ms })
      this.listener.onClock(this.clock.offsetMs)
    })
  }

  /** The network changed: a connection over the old one would be noticed as dead only by the engine's ping time-out. */
  private probe(): void {
    this.socket.timeout(PROBE_MS).emit('clock', {}, (late: Error | null) => {
      if (late && this.state === 'joined') this.manager.engine.close()
    })
  }

  private feed(event: LinkEvent): void {
    const edge = step(this.state, event)
    this.state = edge.target
    if (edge.effects.includes('count_attempt')) this.attempt += 1
    this.listener.onState(this.state, this.attempt)
    for (const effect of edge.effects) {
      if (effect === 'connect') this.socket.connect()
      else if (effect === 'disconnect') this.hangUp()
      else if (effect === 'replay_commands') for (const command of this.queue.unsettled()) this.transmit(command)
      else if (effect === 'start_media') this.listener.onMedia('start')
      else if (effect === 'pause_media') this.listener.onMedia('pause')
      else if (effect === 'stop_media') this.listener.onMedia('stop')
    }
  }

  private hangUp(): void {
    clearInterval(this.clockTimer)
    clearTimeout(this.retryTimer)
    this.clockTimer = undefined
    this.socket.disconnect()
  }

  private readonly onOnline = (): void => {
    // Without any network the connection is closed at once (onOffline); a message under way would hold that up.
    if (!navigator.onLine) return
    if (this.state === 'joined') this.probe()
    if (this.state !== 'returning' && this.state !== 'joining') return
    // Do not sit out the back-off when the network is known to be there again.
    this.socket.disconnect()
    this.socket.connect()
  }

  private readonly onOffline = (): void => {
    // The engine would notice only after its ping time-out; what the device knows, the person should see at once.
    if (this.state === 'joined') this.manager.engine.close()
  }
}
