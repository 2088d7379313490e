/**
 * Gets the picture and the sound of a lesson, by whichever way works: the shell around `core/media_path_state`.
 *
 * Owns the peer, its `/signal` connection and the timers. `want()` when the class is there and the lesson is live, `pause()` when
 * the class connection dropped (the running peer is kept: the picture may well go on), `stop()` at the end.
 */
import type { Manager } from 'socket.io-client'
import { SignalLink } from '../class/signal_link'
import { proofMs, step, type MediaEvent, type MediaPath } from '../core/media_path_state'
import { newsOf, type ViewSize } from '../core/view_sizes'
import type { Role, SlotMap, Source, WireError } from '../core/wire'
import { unplayableOf } from '../core/unplayable'
import { Peer, wouldReceive, type NetworkReading } from './peer'

export interface MediaListener {
  onPath(path: MediaPath): void
  /** A new peer's receiving streams by mid; they stay the same while slots change. */
  onStreams(streams: ReadonlyMap<string, MediaStream>): void
  onSlots(slots: SlotMap): void
  onSpeakers(participants: readonly string[]): void
  onProblem(error: WireError | null): void
  /** Whether what we send from a source is in no recording. */
  onLeftOut(source: Source, out: boolean): void
}

const PATIENCE_MS = 6_000
/** A window that is being dragged, a strip that is being scrolled: wait for the end of it. */
const LOOK_SETTLES_MS = 300
const LOOK_AGAIN_MS = 2_000
/** How long an ICE restart may take before a whole new transport is tried. */
const RESTART_MS = 3_000
/** How often a browser that lacks a codec is asked whether it has it now. */
const CODEC_EVERY_MS = 5_000
const RETRY_MS = [500, 1000, 2000, 4000, 8000] as const

/** What a phone tells when it moves from Wi-Fi to the mobile network; not every browser has it. */
function networkOf(device: Navigator): EventTarget | undefined {
  return (device as Navigator & { connection?: EventTarget }).connection
}

export class MediaRoom {
  private readonly signal: SignalLink
  private readonly sending = new Map<Source, MediaStreamTrack>()
  private path: MediaPath = 'off'
  private peer: Peer | undefined
  private attempt = 0
  private generation = 0
  private restarts = 0
  /** Counts slots that came on their own: any since an offer was sent are newer than its answer. */
  private slotsCame = 0
  private patience: ReturnType<typeof setTimeout> | undefined
  private retry: ReturnType<typeof setTimeout> | undefined
  private proof: ReturnType<typeof setTimeout> | undefined
  /** When the broadcast had to step in. */
  private steppedIn: readonly number[] = []
  private looking: ReturnType<typeof setTimeout> | undefined
  private looked: ReadonlyMap<string, ViewSize> = new Map()
  /** What the server knows of the present peer. */
  private toldSizes = new Map<string, ViewSize>()
  private restarted: ReturnType<typeof setTimeout> | undefined
  private codecCheck: ReturnType<typeof setTimeout> | undefined
  private missing: ReadonlySet<string> = new Set()
  /** Codecs for which a new transport was made: one that does not help is not made again and again. */
  private readonly renewedFor = new Set<string>()
  private servers: readonly RTCIceServer[] = []
  private readonly onNetwork = (): void => {
    if (navigator.onLine) this.feed('shaken')
  }
  private readonly onLeave = (): void => this.signal.bye()

  constructor(
    manager: Manager,
    token: () => string,
    private readonly role: Role,
    private readonly videoSlots: number,
    private readonly listener: MediaListener,
  ) {
    this.signal = new SignalLink(manager, token, {
      onReady: (servers) => {
        this.servers = servers
        if (this.path === 'restarting') void this.restart()
        else void this.negotiate()
      },
      onSlots: (slots) => {
        this.slotsCame += 1
        this.listener.onSlots(slots)
        this.missing = new Set(unplayableOf(slots).map((picture) => picture.codec).filter((codec) => !this.renewedFor.has(codec)))
        if (this.missing.size > 0) this.armCodecCheck()
      },
      onLayers: (layers) => {
        for (const [mid, rids] of Object.entries(layers)) void this.peer?.setLayers(mid, rids)
      },
      onSpeakers: (participants) => this.listener.onSpeakers(participants),
      onLeftOut: (source, out) => this.listener.onLeftOut(source, out),
      onReset: () => this.feed('failed'),
      onFailed: (error) => this.fail(error),
    })
  }

  want(): void {
    addEventListener('online', this.onNetwork)
    addEventListener('pagehide', this.onLeave)
    networkOf(navigator)?.addEventListener('change', this.onNetwork)
    this.feed('wanted')
  }

  pause(): void {
    this.signal.disconnect()
  }

  stop(): void {
    removeEventListener('online', this.onNetwork)
    removeEventListener('pagehide', this.onLeave)
    networkOf(navigator)?.removeEventListener('change', this.onNetwork)
    this.feed('unwanted')
  }

  /** What this participant sends from now on as `source`; null stops it. The answer is the server's refusal, if any. */
  async publish(source: Source, track: MediaStreamTrack | null): Promise<WireError | null> {
    if (track) this.sending.set(source, track)
    else this.sending.delete(source)
    const peer = this.peer
    if (!peer) return null
    await peer.send(source, track)
    return this.signal.connected ? this.signal.source(source, track !== null) : null
  }

  /** How large what is received is drawn right now, by mid. The server hears of what changed, once things settle. */
  look(sizes: ReadonlyMap<string, ViewSize>): void {
    this.looked = sizes
    clearTimeout(this.looking)
    this.looking = setTimeout(() => void this.tellView(), LOOK_SETTLES_MS)
  }

  private async tellView(): Promise<void> {
    const news = newsOf(this.toldSizes, this.looked)
    if (!this.peer || !this.signal.connected || Object.keys(news).length === 0) return
    const told = this.toldSizes
    if (await this.signal.view(news)) {
      for (const [mid, { size }] of Object.entries(news)) told.set(mid, size)
    } else {
      this.looking = setTimeout(() => void this.tellView(), LOOK_AGAIN_MS)
    }
  }

  async readNetwork(): Promise<NetworkReading | null> {
    return this.peer?.state === 'connected' ? this.peer.readNetwork() : null
  }

  private feed(event: MediaEvent): void {
    const edge = step(this.path, event)
    this.path = edge.target
    this.listener.onPath(this.path)
    if (this.path !== 'proving') clearTimeout(this.proof)
    if (this.path === 'realtime') this.attempt = 0
    for (const effect of edge.effects) {
      if (effect === 'offer') this.offer()
      else if (effect === 'restart') this.findNewWay()
      else if (effect === 'arm_patience') this.armPatience()
      else if (effect === 'disarm_patience') this.disarmPatience()
      else if (effect === 'arm_retry') this.armRetry()
      else if (effect === 'arm_proof') this.armProof()
      else if (effect === 'start_broadcast') this.steppedIn = [...this.steppedIn.slice(-9), Date.now()]
      else if (effect === 'close') this.shutDown()
      // That the broadcast starts and stops is for whoever draws: the path says it.
    }
  }

  private offer(): void {
    if (this.signal.connected) void this.negotiate()
    else this.signal.connect()
  }

  private findNewWay(): void {
    if (!this.peer) this.feed('failed')
    else if (this.signal.connected) void this.restart()
    else this.signal.connect()
  }

  private async restart(): Promise<void> {
    const { peer, generation } = this
    if (!peer) return
    clearTimeout(this.restarted)
    const attempt = (this.restarts += 1)
    const current = (): boolean => generation === this.generation && attempt === this.restarts && this.path === 'restarting'
    try {
      const answer = await this.signal.restart(await peer.restart(this.servers))
      if (!current()) return
      if ('error' in answer) {
        // Without the signal connection, its return begins the next restart.
        if (this.signal.connected) this.feed('failed')
        return
      }
      await peer.accept(answer.sdp)
      if (!current()) return
      if (peer.state === 'connected') this.feed('connected')
      else this.restarted = setTimeout(() => this.feed('failed'), RESTART_MS)
    } catch {
      // The browser could not make or use the description: only a new transport helps.
      if (current()) this.feed('failed')
    }
  }

  /** null in a browser without WebRTC: the broadcast is what it can show. */
  private newPeer(current: () => boolean): Peer | null {
    try {
      return new Peer(this.role, this.videoSlots, this.servers, (state) => {
        if (current()) this.follow(state)
      })
    } catch {
      return null
    }
  }

  private async negotiate(): Promise<void> {
    if (this.path === 'off') return
    const generation = (this.generation += 1)
    const current = (): boolean => generation === this.generation
    const peer = this.newPeer(current)
    if (!peer) {
      this.fail({ code: 'media_unavailable', message: '' })
      return
    }
    try {
      const { sdp, sources } = await peer.offer()
      const slotsBefore = this.slotsCame
      const answer = await this.signal.offer(sdp, sources)
      if (!current() || 'error' in answer) {
        peer.close()
        if (current() && 'error' in answer) this.fail(answer.error)
        return
      }
      await peer.accept(answer.sdp)
      this.peer?.close()
      this.peer = peer
      this.toldSizes = new Map()
      this.listener.onStreams(new Map([...peer.received()].map(([mid, track]) => [mid, new MediaStream([track])])))
      if (this.slotsCame === slotsBefore) this.listener.onSlots(answer.slots)
      this.look(this.looked)
      for (const [source, track] of this.sending) {
        await peer.send(source, track)
        const refusal = await this.signal.source(source, true)
        if (refusal) this.listener.onProblem(refusal)
      }
    } catch {
      // The browser could not use the answer, or the peer was closed meanwhile.
      peer.close()
      if (current()) this.fail({ code: 'media_unavailable', message: '' })
    }
  }

  private follow(state: RTCPeerConnectionState): void {
    if (state === 'connected') {
      clearTimeout(this.restarted)
      this.listener.onProblem(null)
      this.feed('connected')
    } else if (state === 'disconnected') {
      this.feed('shaken')
    } else if (state === 'failed') {
      this.feed(this.path === 'realtime' ? 'shaken' : 'failed')
    }
  }

  private armCodecCheck(): void {
    this.codecCheck ??= setTimeout(() => void this.checkCodecs(), CODEC_EVERY_MS)
  }

  /** A codec that has come meanwhile is offered by a new transport; the old one serves until then. */
  private async checkCodecs(): Promise<void> {
    this.codecCheck = undefined
    for (const codec of this.missing) {
      if (!(await wouldReceive(codec)) || this.path !== 'realtime') continue
      this.renewedFor.add(codec)
      this.feed('failed')
      return
    }
    if (this.missing.size > 0) this.armCodecCheck()
  }

  private fail(error: WireError): void {
    this.listener.onProblem(error)
    this.feed('failed')
  }

  private armPatience(): void {
    clearTimeout(this.patience)
    this.patience = setTimeout(() => this.feed('patience_over'), PATIENCE_MS)
  }

  private disarmPatience(): void {
    clearTimeout(this.patience)
    clearTimeout(this.retry)
  }

  private armRetry(): void {
    clearTimeout(this.retry)
    const wait = RETRY_MS[Math.min(this.attempt, RETRY_MS.length - 1)] ?? 8000
    this.attempt += 1
    this.retry = setTimeout(() => this.feed('retry_due'), wait)
  }

  private armProof(): void {
    clearTimeout(this.proof)
    this.proof = setTimeout(() => this.feed('proved'), proofMs(this.steppedIn, Date.now()))
  }

  private shutDown(): void {
    this.generation += 1
    clearTimeout(this.retry)
    clearTimeout(this.looking)
    clearTimeout(this.restarted)
    clearTimeout(this.codecCheck)
    this.codecCheck = undefined
    this.missing = new Set()
    this.signal.bye()
    this.peer?.close()
    this.peer = undefined
    this.listener.onStreams(new Map())
    this.listener.onSlots({})
    this.listener.onSpeakers([])
  }
}
