/** What a connection test found, as a verdict for the person and a text for whoever runs the network. */
export type CheckId = 'server' | 'socket' | 'udp' | 'tcp' | 'turn' | 'microphone' | 'camera' | 'speaker'
export type CheckState = 'waiting' | 'running' | 'good' | 'blocked' | 'skipped'
export type Checks = Readonly<Record<CheckId, CheckState>>
export type Verdict = 'running' | 'good' | 'tcpOnly' | 'relayOnly' | 'broadcastOnly' | 'noClass' | 'offline'

/** Candidate addresses of an SDP answer, as `address port` of one protocol. */
export function addressesIn(sdp: string, protocol: 'udp' | 'tcp'): string[] {
  const found = [...sdp.matchAll(/^a=candidate:\S+ \d+ (\S+) \d+ (\S+) (\d+) /gim)]
  return found.filter((match) => match[1]?.toLowerCase() === protocol).map((match) => `${match[2]?.includes(':') === true ? `[${match[2]}]` : match[2]}:${match[3]}`)
}

export interface WayResult {
  readonly outcome: 'good' | 'blocked' | 'skipped'
  /** Where the server listens for this way, as far as it said so. */
  readonly addresses: readonly string[]
}

/** One way to several media processes: as good as the worst, with the addresses that say so. */
export function togetherOf(results: readonly WayResult[]): WayResult {
  const outcome = (['blocked', 'good'] as const).find((one) => results.some((result) => result.outcome === one)) ?? 'skipped'
  return { outcome, addresses: results.filter((result) => result.outcome === outcome).flatMap((result) => result.addresses) }
}

/** The best way that works decides; devices do not. */
export function verdict(checks: Checks): Verdict {
  const media = (['udp', 'tcp', 'turn'] as const).map((id) => checks[id])
  if ([checks.server, checks.socket, ...media].some((state) => state === 'waiting' || state === 'running')) return 'running'
  if (checks.server === 'blocked') return 'offline'
  if (checks.socket === 'blocked') return 'noClass'
  if (checks.udp === 'good') return 'good'
  if (checks.tcp === 'good') return 'tcpOnly'
  return checks.turn === 'good' ? 'relayOnly' : 'broadcastOnly'
}

export interface NetworkFacts {
  readonly origin: string
  readonly udp: readonly string[]
  readonly tcp: readonly string[]
  readonly turn: readonly string[]
  readonly atUtc: string
  readonly browser: string
}

export interface ReportWords {
  readonly intro: string
  readonly good: string
  readonly blocked: string
  readonly untested: string
  readonly web: string
  readonly media: (protocol: 'UDP' | 'TCP') => string
  readonly turn: string
}

/** One line for each thing that the network must let through, with what was found. Plain text, for a ticket. */
export function networkText(facts: NetworkFacts, checks: Checks, words: ReportWords): string {
  const found = (state: CheckState): string => (state === 'good' ? words.good : state === 'blocked' ? words.blocked : words.untested)
  const web = checks.server === 'good' && checks.socket === 'blocked' ? 'blocked' : checks.server
  const lines = [
    `- ${words.web}: ${facts.origin} (TCP, WebSocket) – ${found(web)}`,
    ...(facts.udp.length > 0 ? [`- ${words.media('UDP')}: ${facts.udp.join(', ')} – ${found(checks.udp)}`] : []),
    ...(facts.tcp.length > 0 ? [`- ${words.media('TCP')}: ${facts.tcp.join(', ')} – ${found(checks.tcp)}`] : []),
    ...(facts.turn.length > 0 ? [`- ${words.turn}: ${facts.turn.join(', ')} – ${found(checks.turn)}`] : []),
  ]
  return [words.intro, ...lines, `${facts.atUtc} · ${facts.browser}`].join('\n')
}
