import { describe, expect, it } from 'vitest'
import { addressesIn, networkText, togetherOf, verdict, type CheckId, type CheckState, type Checks, type ReportWords } from '../src/core/connection_report'

const all = (state: CheckState, others: Partial<Record<CheckId, CheckState>> = {}): Checks => ({ server: state, socket: state, udp: state, tcp: state, turn: state, microphone: 'waiting', camera: 'waiting', speaker: 'waiting', ...others })
const words: ReportWords = { intro: 'Needed:', good: 'works', blocked: 'BLOCKED', untested: 'not tested', web: 'Web', media: (protocol) => `Media ${protocol}`, turn: 'Relay' }

describe('connection report', () => {
  it('takes several media processes together: one that is blocked counts, and is named', () => {
    const good = { outcome: 'good', addresses: ['192.0.2.1:7882'] } as const
    const blocked = { outcome: 'blocked', addresses: ['192.0.2.1:7883'] } as const
    const skipped = { outcome: 'skipped', addresses: [] } as const
    expect(togetherOf([good, blocked, good])).toEqual(blocked)
    expect(togetherOf([good, skipped, good])).toEqual({ outcome: 'good', addresses: ['192.0.2.1:7882', '192.0.2.1:7882'] })
    expect(togetherOf([skipped])).toEqual(skipped)
  })

  it.each([
    [all('good'), 'good'],
    [all('good', { turn: 'skipped', tcp: 'blocked' }), 'good'],
    [all('good', { udp: 'blocked' }), 'tcpOnly'],
    [all('blocked', { server: 'good', socket: 'good', turn: 'good' }), 'relayOnly'],
    [all('blocked', { server: 'good', socket: 'good', turn: 'skipped' }), 'broadcastOnly'],
    [all('good', { socket: 'blocked' }), 'noClass'],
    [all('skipped', { server: 'blocked' }), 'offline'],
    [all('good', { tcp: 'running' }), 'running'],
  ])('says what it means for a lesson', (checks, expected) => expect(verdict(checks)).toBe(expected))

  it('reads addresses of one protocol out of an answer', () => {
    const sdp = 'a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host\r\na=candidate:2 1 udp 213 2001:db8::1 7882 typ host\r\na=candidate:3 1 tcp 15 192.0.2.1 7882 typ host tcptype passive\r\n'
    expect(addressesIn(sdp, 'udp')).toEqual(['192.0.2.1:7882', '[2001:db8::1]:7882'])
    expect(addressesIn(sdp, 'tcp')).toEqual(['192.0.2.1:7882'])
  })

  it('writes a line for each thing to let through', () => {
    const facts = { origin: 'https://lectern.example', udp: ['192.0.2.1:7882'], tcp: [], turn: ['turn:turn.example:3478'], atUtc: '2026-11-22 05:00 UTC', browser: 'Chrome' }
    const text = networkText(facts, all('blocked', { server: 'good', turn: 'skipped' }), words)
    expect(text.split('\n')).toEqual([
      'Needed:',
      '- Web: https://lectern.example (TCP, WebSocket) – BLOCKED',
      '- Media UDP: 192.0.2.1:7882 – BLOCKED',
      '- Relay: turn:turn.example:3478 – not tested',
      '2026-11-22 05:00 UTC · Chrome',
    ])
  })
})
