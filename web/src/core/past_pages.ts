/**
 * Looking back at a lesson that goes on: pages of ten minutes (docs/recording.md, "Looking back"), read and put together into one
 * playlist that grows at its end. What a moment of the replay's clock is on the wall clock follows from them.
 */
export interface PastSegment {
  /** On the replay's clock. */
  readonly mediaMs: number
  readonly durationMs: number
  /** Wall clock of its beginning. */
  readonly utcMs: number
  readonly file: string
  readonly map: string
  /** Discontinuities up to here, its own included. */
  readonly part: number
}

export interface PastPage {
  /** Number of its first segment in the lesson. */
  readonly sequence: number
  readonly targetS: number
  readonly segments: readonly PastSegment[]
  readonly complete: boolean
}

export const pageAt = (mediaMs: number, pageMs: number): number => Math.max(0, Math.floor(mediaMs / pageMs))
export const pageUrl = (template: string, page: number): string => template.replace('{page}', String(page).padStart(6, '0'))

const numberIn = (line: string): number => Number(line.slice(line.indexOf(':') + 1))
/** What a line says of the segments behind it. */
const readers: readonly (readonly [prefix: string, read: (page: Reading, line: string) => void])[] = [
  ['#EXT-X-TARGETDURATION:', (page, line) => (page.targetS = numberIn(line))],
  ['#EXT-X-MEDIA-SEQUENCE:', (page, line) => (page.sequence = numberIn(line))],
  ['#EXT-X-DISCONTINUITY-SEQUENCE:', (page, line) => (page.part = numberIn(line))],
  ['#EXT-X-DISCONTINUITY', (page) => (page.part += 1)],
  ['# media-ms ', (page, line) => (page.mediaMs = Number(line.slice(11)))],
  ['#EXT-X-MAP:', (page, line) => (page.map = /URI="([^"]+)"/.exec(line)?.[1] ?? '')],
  ['#EXT-X-PROGRAM-DATE-TIME:', (page, line) => (page.utcMs = Date.parse(line.slice(25)))],
  ['#EXTINF:', (page, line) => (page.durationMs = Number.parseFloat(line.slice(8)) * 1000)],
  ['#EXT-X-ENDLIST', (page) => (page.complete = true)],
]

interface Reading {
  sequence: number
  targetS: number
  part: number
  mediaMs: number
  utcMs: number
  durationMs: number
  map: string
  complete: boolean
}

/** A page as the server has it; null where that is something else. A last line that is not whole yet is left out. */
export function pageOf(text: string): PastPage | null {
  const page: Reading = { sequence: NaN, targetS: 0, part: 0, mediaMs: NaN, utcMs: NaN, durationMs: NaN, map: '', complete: false }
  const segments: PastSegment[] = []
  for (const line of text.split('\n').slice(0, -1)) {
    if (line !== '' && !line.startsWith('#')) {
      const { mediaMs, durationMs, utcMs, map, part } = page
      if ([mediaMs, durationMs, utcMs].some(Number.isNaN)) return null
      segments.push({ mediaMs, durationMs, utcMs, file: line, map, part })
      page.mediaMs += durationMs
      page.utcMs += durationMs
      page.durationMs = NaN
    } else {
      readers.find(([prefix]) => line.startsWith(prefix))?.[1](page, line)
    }
  }
  const { sequence, targetS, complete } = page
  return text.startsWith('#EXTM3U') && Number.isInteger(sequence) && segments.length > 0 ? { sequence, targetS, segments, complete } : null
}

/** One playlist of pages that follow each other; it ends where nothing will follow. */
export function joined(pages: readonly PastPage[], over: boolean): string {
  const [first] = pages
  const opening = first?.segments[0]
  if (!first || !opening) return ''
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${Math.max(...pages.map((page) => page.targetS))}`, `#EXT-X-MEDIA-SEQUENCE:${first.sequence}`, `#EXT-X-DISCONTINUITY-SEQUENCE:${opening.part}`]
  let before: PastSegment | undefined
  for (const segment of pages.flatMap((page) => page.segments)) {
    const apart = before !== undefined && segment.part !== before.part
    if (apart) lines.push('#EXT-X-DISCONTINUITY')
    if (apart || segment.map !== before?.map) lines.push(`#EXT-X-MAP:URI="${segment.map}"`)
    if (apart || before === undefined) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(segment.utcMs)).toISOString()}`)
    lines.push(`#EXTINF:${(segment.durationMs / 1000).toFixed(6)},`, segment.file)
    before = segment
  }
  if (over) lines.push('#EXT-X-ENDLIST')
  return `${lines.join('\n')}\n`
}

/** Whether a picture is there at a moment; where nobody sent one, the recording shows a dark still. */
export function pictureAt(pages: readonly PastPage[], mediaMs: number): boolean {
  const shown = pages.flatMap((page) => page.segments).find((segment) => mediaMs < segment.mediaMs + segment.durationMs)
  return shown !== undefined && !shown.map.endsWith('init-still.mp4')
}

/** What of a lesson there is to look back at: how far it reached at one moment. It stands still while something is said aside. */
export interface Reach {
  readonly mediaMs: number
  readonly utcMs: number
}

export const reachedMs = (reach: Reach, nowUtcMs: number, standing: boolean): number => (standing ? reach.mediaMs : reach.mediaMs + Math.max(0, nowUtcMs - reach.utcMs))
