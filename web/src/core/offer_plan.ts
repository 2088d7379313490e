/** Which m-lines the one offer of a participant has, in the order that docs/protocol.md fixes. */
import type { Role, Source } from './wire'

export interface MediaLine {
  readonly kind: 'audio' | 'video'
  readonly direction: 'sendonly' | 'recvonly'
  /** What a sending line will carry; null on receiving lines. */
  readonly source: Source | null
}

/** Everybody on a full stage and a screen; a phone shows fewer, and its decoder carries fewer. */
export const VIDEO_SLOTS = { pc: 13, phone: 5 } as const
/** Fed by whoever speaks: more voices at once nobody can follow. */
const AUDIO_SLOTS = 4

export function offerPlan(role: Role, videoSlots: number): MediaLine[] {
  const sending: MediaLine[] = [{ kind: 'audio', direction: 'sendonly', source: 'mic' }]
  // A learner's camera line waits for an invitation on stage, which then negotiates nothing.
  if (role !== 'screen') sending.push({ kind: 'video', direction: 'sendonly', source: 'camera' })
  if (role === 'presenter' || role === 'host') sending.push({ kind: 'video', direction: 'sendonly', source: 'screen' })
  const receiving = (kind: 'audio' | 'video', count: number): MediaLine[] =>
    Array.from({ length: count }, () => ({ kind, direction: 'recvonly', source: null }))
  return [...sending, ...receiving('video', videoSlots), ...receiving('audio', AUDIO_SLOTS)]
}

/** H.264 first (what a phone decodes in hardware and the recording keeps), then VP8, then the rest; order within is the browser's. */
export function preferredCodecs<C extends { readonly mimeType: string; readonly sdpFmtpLine?: string }>(codecs: readonly C[]): C[] {
  const rank = (codec: C): number => {
    const name = codec.mimeType.toLowerCase()
    if (name === 'video/h264') return codec.sdpFmtpLine?.includes('packetization-mode=1') === true ? 0 : 1
    return name === 'video/vp8' ? 2 : 3
  }
  return codecs.map((codec, at) => ({ codec, at })).sort((a, b) => rank(a.codec) - rank(b.codec) || a.at - b.at).map((entry) => entry.codec)
}

/** What a receiving line offers: what the server forwards, so that thirteen lines stay a small message. */
export function receivedCodecs<C extends { readonly mimeType: string; readonly sdpFmtpLine?: string }>(codecs: readonly C[]): C[] {
  const wanted = /^video\/(vp8|vp9|av1|rtx)$/
  return preferredCodecs(codecs).filter((codec) => {
    const name = codec.mimeType.toLowerCase()
    if (name === 'video/h264') return codec.sdpFmtpLine?.includes('packetization-mode=1') === true
    if (name === 'video/vp9') return codec.sdpFmtpLine === undefined || /profile-id=0/.test(codec.sdpFmtpLine)
    return wanted.test(name)
  })
}

/** Whether an offer names this codec. */
export function receives(sdp: string, codec: string): boolean {
  const named = ` ${codec.toLowerCase()}/`
  return sdp.split(/\r?\n/).some((line) => line.startsWith('a=rtpmap:') && line.toLowerCase().includes(named))
}

/**
 * Adds a start bitrate to the video payloads of an answer, so that the first seconds are already sharp.
 * Chromium reads `x-google-start-bitrate` (kbit/s) from the remote description; other browsers ignore it.
 */
export function withStartBitrate(sdp: string, kbps: number): string {
  const sections = sdp.split(/(?=^m=)/m)
  return sections.map((section) => (section.startsWith('m=video') ? startBitrateIn(section, kbps) : section)).join('')
}

function startBitrateIn(section: string, kbps: number): string {
  const eol = section.includes('\r\n') ? '\r\n' : '\n'
  const parameter = `x-google-start-bitrate=${kbps}`
  const media = [...section.matchAll(/^a=rtpmap:(\d+) (?:H264|VP8|VP9|AV1)\//gim)].map((match) => match[1] ?? '')
  return section
    .split(eol)
    .flatMap((line) => {
      const fmtp = /^a=fmtp:(\d+) /.exec(line)
      if (fmtp && media.includes(fmtp[1] ?? '')) return [`${line};${parameter}`]
      const map = /^a=rtpmap:(\d+) /.exec(line)
      const pt = map?.[1]
      const bare = pt !== undefined && media.includes(pt) && !section.includes(`a=fmtp:${pt} `)
      return bare ? [line, `a=fmtp:${pt} ${parameter}`] : [line]
    })
    .join(eol)
}
