import { describe, expect, it } from 'vitest'
import { offerPlan, preferredCodecs, receivedCodecs, withStartBitrate } from '../src/core/offer_plan'
import { networkGrade } from '../src/core/network_grade'
import { correction } from '../src/media/synced_elements'

describe('the offer', () => {
  const words = (role: 'presenter' | 'host' | 'learner' | 'screen') => offerPlan(role, 5).map((line) => `${line.kind} ${line.direction} ${line.source ?? '-'}`)
  const receiving = [...Array<string>(5).fill('video recvonly -'), ...Array<string>(4).fill('audio recvonly -')]

  it.each(['presenter', 'host'] as const)('of a %s sends microphone, camera and screen', (role) => {
    expect(words(role)).toEqual(['audio sendonly mic', 'video sendonly camera', 'video sendonly screen', ...receiving])
  })
  it('of a learner is ready for an invitation on stage', () => {
    expect(words('learner')).toEqual(['audio sendonly mic', 'video sendonly camera', ...receiving])
  })
  it('of a screen sends the microphone only', () => {
    expect(words('screen')).toEqual(['audio sendonly mic', ...receiving])
  })
})

it('prefers H.264 with packetization-mode 1, then other H.264, then VP8, keeping the order within', () => {
  const codec = (mimeType: string, sdpFmtpLine?: string) => ({ mimeType, ...(sdpFmtpLine ? { sdpFmtpLine } : {}) })
  const ordered = preferredCodecs([codec('video/VP9'), codec('video/VP8'), codec('video/H264', 'packetization-mode=0'), codec('video/rtx'), codec('video/H264', 'level-asymmetry-allowed=1;packetization-mode=1')])
  expect(ordered.map((entry) => entry.mimeType + (entry.sdpFmtpLine ?? ''))).toEqual(['video/H264level-asymmetry-allowed=1;packetization-mode=1', 'video/H264packetization-mode=0', 'video/VP8', 'video/VP9', 'video/rtx'])
})

describe('start bitrate', () => {
  const lines = (...text: string[]): string => `${text.join('\r\n')}\r\n`
  const answer = lines('v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10', 'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98', 'a=rtpmap:96 VP8/90000', 'a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', 'a=rtpmap:98 H264/90000', 'a=fmtp:98 packetization-mode=1')

  it('is added to video codecs, with or without parameters, and to nothing else', () => {
    expect(withStartBitrate(answer, 1500)).toBe(
      lines('v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=rtpmap:111 opus/48000/2', 'a=fmtp:111 minptime=10', 'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98', 'a=rtpmap:96 VP8/90000', 'a=fmtp:96 x-google-start-bitrate=1500', 'a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', 'a=rtpmap:98 H264/90000', 'a=fmtp:98 packetization-mode=1;x-google-start-bitrate=1500'),
    )
  })
})

it('receives what the server forwards and nothing else', () => {
  const names = ['video/VP8', 'video/rtx', 'video/H264', 'video/red', 'video/ulpfec', 'video/AV1', 'video/H265']
  const codecs = [...names.map((mimeType) => ({ mimeType })), { mimeType: 'video/H264', sdpFmtpLine: 'packetization-mode=1' }, { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=2' }, { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' }]
  expect(receivedCodecs(codecs).map((codec) => codec.mimeType)).toEqual(['video/H264', 'video/VP8', 'video/rtx', 'video/AV1', 'video/VP9'])
})

it.each([
  [0, 20, 4],
  [0.02, 20, 3],
  [0, 250, 3],
  [0.05, 20, 2],
  [0.2, 20, 1],
  [0, 900, 1],
])('grades loss %f and round trip %i ms as %i', (loss, roundTrip, grade) => expect(networkGrade(loss, roundTrip)).toBe(grade))

it.each([
  [0, 1, { seek: false, rate: 1 }],
  [0.2, 1.5, { seek: false, rate: 1.5 * 1.05 }],
  [-0.2, 1, { seek: false, rate: 0.95 }],
  [3, 2, { seek: true, rate: 2 }],
  [-3, 1, { seek: true, rate: 1 }],
])('mends a follower that is %f s behind at speed %f', (behind, speed, expected) => expect(correction(behind, speed)).toEqual(expected))
