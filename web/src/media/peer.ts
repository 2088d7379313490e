/**
 * One `RTCPeerConnection`, offered once. What is sent changes by `replaceTrack`, what is received by the server's slots;
 * a new way to the server is found by an ICE restart. A broken peer is thrown away and a new one made.
 */
import { offerPlan, preferredCodecs, receivedCodecs, receives, withStartBitrate } from '../core/offer_plan'
import { activeRids, CAMERA_LAYERS } from '../core/simulcast'
import type { Role, Source } from '../core/wire'

const START_KBPS = 1500
const MAX_BPS: Readonly<Record<Source, number>> = { mic: 48_000, camera: 1_800_000, screen: 3_000_000 }

/** A browser that cannot send several sizes sends one. */
function addCamera(pc: RTCPeerConnection): RTCRtpTransceiver {
  try {
    return pc.addTransceiver('video', { direction: 'sendonly', sendEncodings: CAMERA_LAYERS.map((layer) => ({ ...layer })) })
  } catch {
    return pc.addTransceiver('video', { direction: 'sendonly' })
  }
}

export interface NetworkReading {
  readonly roundTripMs: number | null
  /** Share of our packets that the server missed lately, 0..1. */
  readonly loss: number
  readonly sentKbps: number
}

type WithDegradation = RTCRtpSendParameters & { degradationPreference?: string }

function configured(servers: readonly RTCIceServer[]): RTCConfiguration {
  return { bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require', iceServers: [...servers] }
}

function preferCodecs(transceiver: RTCRtpTransceiver, sends: boolean): void {
  const codecs = (sends ? RTCRtpSender : RTCRtpReceiver).getCapabilities('video')?.codecs
  if (codecs && 'setCodecPreferences' in transceiver) transceiver.setCodecPreferences(sends ? preferredCodecs(codecs) : receivedCodecs(codecs))
}

/** Whether an offer made now would receive this video codec: Firefox fetches its H.264 decoder some time after its first start. */
export async function wouldReceive(codec: string): Promise<boolean> {
  const pc = new RTCPeerConnection()
  try {
    preferCodecs(pc.addTransceiver('video', { direction: 'recvonly' }), false)
    return receives((await pc.createOffer()).sdp ?? '', codec)
  } finally {
    pc.close()
  }
}

export class Peer {
  private readonly pc: RTCPeerConnection
  private readonly senders = new Map<Source, RTCRtpTransceiver>()
  private last = { bytes: 0, at: 0 }

  /** What the server last asked for, by mid. */
  private readonly wantedLayers = new Map<string, readonly string[]>()

  constructor(
    role: Role,
    videoSlots: number,
    servers: readonly RTCIceServer[],
    private readonly onState: (state: RTCPeerConnectionState) => void,
  ) {
    this.pc = new RTCPeerConnection(configured(servers))
    for (const line of offerPlan(role, videoSlots)) {
      const transceiver = line.source === 'camera' ? addCamera(this.pc) : this.pc.addTransceiver(line.kind, { direction: line.direction })
      if (line.source) this.senders.set(line.source, transceiver)
      if (line.kind === 'video') preferCodecs(transceiver, line.source !== null)
    }
    this.pc.addEventListener('connectionstatechange', () => this.onState(this.pc.connectionState))
  }

  get state(): RTCPeerConnectionState {
    return this.pc.connectionState
  }

  async offer(): Promise<{ sdp: string; sources: Record<string, Source> }> {
    const description = await this.pc.createOffer()
    await this.pc.setLocalDescription(description)
    const sources: Record<string, Source> = {}
    for (const [source, transceiver] of this.senders) if (transceiver.mid !== null) sources[transceiver.mid] = source
    return { sdp: this.pc.localDescription?.sdp ?? '', sources }
  }

  async accept(sdp: string): Promise<void> {
    await this.pc.setRemoteDescription({ type: 'answer', sdp: withStartBitrate(sdp, START_KBPS) })
  }

  /** An offer with new ICE credentials for this connection; `accept` takes its answer. */
  async restart(servers: readonly RTCIceServer[]): Promise<string> {
    if (this.pc.signalingState === 'have-local-offer') await this.pc.setLocalDescription({ type: 'rollback' })
    this.pc.setConfiguration(configured(servers))
    await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: true }))
    return this.pc.localDescription?.sdp ?? ''
  }

  /** Tracks of the receiving m-lines by mid; stable for the life of this peer. */
  received(): Map<string, MediaStreamTrack> {
    const found = new Map<string, MediaStreamTrack>()
    for (const transceiver of this.pc.getTransceivers()) {
      if (transceiver.mid !== null && transceiver.direction === 'recvonly') found.set(transceiver.mid, transceiver.receiver.track)
    }
    return found
  }

  async send(source: Source, track: MediaStreamTrack | null): Promise<void> {
    const sender = this.senders.get(source)?.sender
    if (!sender) return
    await sender.replaceTrack(track)
    if (!track) return
    const parameters: WithDegradation = sender.getParameters()
    const [only, ...others] = parameters.encodings
    if (others.length > 0) {
      this.chooseLayers(parameters, source)
    } else if (only) {
      // A server that takes one size leaves the first encoding, which was to be the smallest.
      only.maxBitrate = MAX_BPS[source]
      if (source === 'camera') only.scaleResolutionDownBy = 1
    }
    // A lesson must stay readable: rather fewer pictures a second than a blurred one.
    if (track.kind === 'video') parameters.degradationPreference = 'maintain-resolution'
    await sender.setParameters(parameters)
  }

  /** The server says which sizes somebody watches; the others are not even made. */
  async setLayers(mid: string, rids: readonly string[]): Promise<void> {
    this.wantedLayers.set(mid, rids)
    for (const [source, transceiver] of this.senders) {
      const parameters = transceiver.sender.getParameters()
      if (transceiver.mid !== mid || parameters.encodings.length <= 1) continue
      this.chooseLayers(parameters, source)
      await transceiver.sender.setParameters(parameters)
    }
  }

  private chooseLayers(parameters: RTCRtpSendParameters, source: Source): void {
    const transceiver = this.senders.get(source)
    const height = transceiver?.sender.track?.getSettings().height ?? null
    const active = activeRids(height, this.wantedLayers.get(transceiver?.mid ?? '') ?? null)
    for (const encoding of parameters.encodings) encoding.active = active.has(encoding.rid ?? '')
  }

  async readNetwork(): Promise<NetworkReading> {
    let [roundTripMs, loss, bytes]: [number | null, number, number] = [null, 0, 0]
    const report = await this.pc.getStats()
    report.forEach((entry: { type: string; currentRoundTripTime?: number; nominated?: boolean; fractionLost?: number; bytesSent?: number }) => {
      if (entry.type === 'candidate-pair' && entry.nominated === true && entry.currentRoundTripTime !== undefined) roundTripMs = entry.currentRoundTripTime * 1000
      if (entry.type === 'remote-inbound-rtp') loss = Math.max(loss, entry.fractionLost ?? 0)
      if (entry.type === 'outbound-rtp') bytes += entry.bytesSent ?? 0
    })
    const at = performance.now()
    const sentKbps = this.last.at > 0 ? ((bytes - this.last.bytes) * 8) / (at - this.last.at) : 0
    this.last = { bytes, at }
    return { roundTripMs, loss, sentKbps: Math.max(0, sentKbps) }
  }

  close(): void {
    this.pc.close()
  }
}
