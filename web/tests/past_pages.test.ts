import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joined, pageAt, pageOf, pageUrl, pictureAt, reachedMs } from '../src/core/past_pages'

const page = (sequence: number, part: number, mediaMs: number, rest: string): string =>
  `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:${sequence}\n# media-ms ${mediaMs}\n#EXT-X-DISCONTINUITY-SEQUENCE:${part}\n${rest}`
const opening = (map: string, utc: string): string => `#EXT-X-MAP:URI="${map}"\n#EXT-X-PROGRAM-DATE-TIME:${utc}\n`
const segment = (number: number): string => `#EXTINF:2.000000,\n${String(number).padStart(6, '0')}.m4s\n`
const FIRST = page(0, 0, 0, `${opening('init-a.mp4', '2026-11-22T02:00:00.000Z')}${segment(0)}${segment(1)}#EXT-X-DISCONTINUITY\n${opening('init-still.mp4', '2026-11-22T02:05:00.500Z')}${segment(2)}#EXT-X-ENDLIST\n`)
const NEXT = page(3, 1, 6000, `${opening('init-still.mp4', '2026-11-22T02:05:02.500Z')}${segment(3)}#EXT-X-MAP:URI="init-b.mp4"\n${segment(4)}`)

describe('pages of what was', () => {
  const [first, next] = [pageOf(FIRST), pageOf(NEXT)]
  if (!first || !next) throw new Error('These are pages.')

  it('are read with both clocks', () => {
    expect(first.complete).toBe(true)
    expect(next.complete).toBe(false)
    expect(first.segments.map(({ mediaMs, utcMs }) => [mediaMs, utcMs - Date.UTC(2026, 10, 22, 2)])).toEqual([[0, 0], [2000, 2000], [4000, 300_500]])
  })

  it('become one playlist that says what every segment needs, once', () => {
    const text = joined([first, next], false)
    expect(text.match(/EXT-X-MAP/g)).toHaveLength(3)
    expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1)
    expect(text.match(/PROGRAM-DATE-TIME/g)).toHaveLength(2)
    expect(text.split('\n').filter((line) => line.endsWith('.m4s'))).toEqual(['000000.m4s', '000001.m4s', '000002.m4s', '000003.m4s', '000004.m4s'])
    expect(text).not.toContain('ENDLIST')
    expect(joined([first, next], true)).toContain('#EXT-X-ENDLIST\n')
  })

  it('slide without renumbering: what is dropped in front changes nothing behind it', () => {
    const text = joined([next], false)
    expect(text).toContain('#EXT-X-MEDIA-SEQUENCE:3\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n#EXT-X-MAP:URI="init-still.mp4"')
  })

  it('part where the lesson parted between them', () => {
    const apart = pageOf(NEXT.replace('SEQUENCE:1\n', 'SEQUENCE:2\n'))
    expect(joined([first, apart ?? next], false).match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(2)
  })

  it('tell where a picture was sent', () => {
    expect([0, 3999, 4000, 8000, 8500, 60_000].map((at) => pictureAt([first, next], at))).toEqual([true, true, false, true, true, false])
  })

  it('cut off anywhere, are a shorter page or none', () => {
    fc.assert(fc.property(fc.nat(FIRST.length), (length) => {
      const cut = pageOf(FIRST.slice(0, length))
      expect(first.segments.slice(0, cut?.segments.length ?? 0)).toEqual(cut?.segments ?? [])
    }))
  })

  it('are none where a server answers something else', () => {
    for (const other of ['', '<html>', '#EXTM3U\n', '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nvideo.m4s\n']) expect(pageOf(other)).toBeNull()
  })

  it('are found by the clock alone', () => {
    expect([0, 599_999, 600_000, -5].map((at) => pageAt(at, 600_000))).toEqual([0, 0, 1, 0])
    expect(pageUrl('/play/t/audio/page-{page}.m3u8', 12)).toBe('/play/t/audio/page-000012.m3u8')
  })

  it('reach on while the lesson does, and stand still while something is said aside', () => {
    const reach = { mediaMs: 10_000, utcMs: 500_000 }
    expect([reachedMs(reach, 504_000, false), reachedMs(reach, 504_000, true), reachedMs(reach, 499_000, false)]).toEqual([14_000, 10_000, 10_000])
  })
})
