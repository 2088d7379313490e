/** The `/signal` connection: offers, slots and mute, over the class connection's WebSocket. */
import type { Manager, Socket } from 'socket.io-client'
import type { ViewSize } from '../core/view_sizes'
import type { SlotMap, Source, WireError } from '../core/wire'

export interface SignalListener {
  /** Connected; `servers` are TURN servers with fresh credentials. */
  onReady(servers: readonly RTCIceServer[]): void
  onSlots(slots: SlotMap): void
  onLayers(layers: Readonly<Record<string, readonly string[]>>): void
  onSpeakers(participants: readonly string[]): void
  /** What we send from a source is in no recording, or is. */
  onLeftOut(source: Source, out: boolean): void
  onReset(reason: string): void
  onFailed(error: WireError): void
}

export type OfferAnswer = { readonly sdp: string; readonly slots: SlotMap } | { readonly error: WireError }

const PATIENCE_MS = 8_000
const unreachable: WireError = { code: 'media_unavailable', message: '' }

export class SignalLink {
  private readonly socket: Socket
  /** A namespace must not be asked for twice while the first answer is out. */
  private connecting = false

  constructor(
    manager: Manager,
    token: () => string,
    private readonly listener: SignalListener,
  ) {
    this.socket = manager.socket('/signal', { auth: (give: (auth: object) => void) => give({ token: token() }) })
    this.socket.on('ready', (ready: { ice_servers: RTCIceServer[] }) => {
      this.connecting = false
      listener.onReady(ready.ice_servers)
    })
    this.socket.on('disconnect', () => (this.connecting = false))
    this.socket.on('slots', (slots: SlotMap) => listener.onSlots(slots))
    this.socket.on('layers', (layers: Record<string, string[]>) => listener.onLayers(layers))
    this.socket.on('speakers', (speakers: { participants: string[] }) => listener.onSpeakers(speakers.participants))
    this.socket.on('reset', (reset: { reason: string }) => listener.onReset(reset.reason))
    this.socket.on('connect_error', (error: Error & { data?: { error?: WireError } | null }) => {
      this.connecting = false
      listener.onFailed(error.data?.error ?? unreachable)
    })
  }

  get connected(): boolean {
    return this.socket.connected
  }

  connect(): void {
    if (this.connecting || this.socket.connected) return
    this.connecting = true
    this.socket.connect()
  }

  /** `/class` decides when we come back: this namespace must never reconnect by itself before it. */
  disconnect(): void {
    this.connecting = false
    this.socket.disconnect()
  }

  bye(): void {
    if (this.socket.connected) this.socket.emit('bye', {})
    this.socket.disconnect()
  }

  async offer(sdp: string, sources: Readonly<Record<string, Source>>): Promise<OfferAnswer> {
    try {
      return (await this.socket.timeout(PATIENCE_MS).emitWithAck('offer', { sdp, sources })) as OfferAnswer
    } catch {
      return { error: unreachable }
    }
  }

  /** How large pictures are drawn; false when the server did not take it in. */
  async view(sizes: Readonly<Record<string, { size: ViewSize }>>): Promise<boolean> {
    try {
      const answer = (await this.socket.timeout(PATIENCE_MS).emitWithAck('view', sizes)) as { ok: true } | { error: WireError }
      return !('error' in answer)
    } catch {
      return false
    }
  }

  /** The answer to an ICE restart. */
  async restart(sdp: string): Promise<{ readonly sdp: string } | { readonly error: WireError }> {
    try {
      return (await this.socket.timeout(PATIENCE_MS).emitWithAck('restart', { sdp })) as { sdp: string } | { error: WireError }
    } catch {
      return { error: unreachable }
    }
  }

  async source(source: Source, active: boolean): Promise<WireError | null> {
    try {
      const answer = (await this.socket.timeout(PATIENCE_MS).emitWithAck('source', { source, active })) as { ok: true; left_out: boolean } | { error: WireError }
      if ('error' in answer) return answer.error
      this.listener.onLeftOut(source, answer.left_out)
      return null
    } catch {
      return unreachable
    }
  }
}
