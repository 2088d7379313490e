import { describe, expect, it } from 'vitest'
import { PlayAddresses, renewInMs } from '../src/core/play_addresses'

const shown = (hls: string, ladder: string | null): unknown => ({
  title: '/play/with a title/',
  videos: [{ source: 'camera', url: `/play/${hls}/camera/index.m3u8` }],
  ladder: ladder === null ? null : { master_url: `/play/${ladder}/master.m3u8` },
  position_ms: 3,
})

describe('addresses over days', () => {
  it('are the newest, however old the one that a player knows', () => {
    const addresses = new PlayAddresses()
    const days = ['k1.a.x', 'k1.b.x', 'k2.c.x', 'k2.d.x'].map((token) => shown(token, `${token}-ladder`))
    for (const [at, day] of days.slice(1).entries()) addresses.renew(days[at], day)
    for (const old of ['k1.a.x', 'k1.b.x', 'k2.c.x']) {
      expect(addresses.renewed(`https://lectern.example/play/${old}/camera/000123.m4s`)).toBe('https://lectern.example/play/k2.d.x/camera/000123.m4s')
      expect(addresses.renewed(`/play/${old}-ladder/720.mp4`)).toBe('/play/k2.d.x-ladder/720.mp4')
    }
    expect(addresses.renewed('/play/k2.d.x/camera/000123.m4s')).toBe('/play/k2.d.x/camera/000123.m4s')
  })

  it('of something else stay as they are', () => {
    const addresses = new PlayAddresses()
    addresses.renew(shown('a', 'b'), shown('c', null))
    for (const address of ['/play/b/master.m3u8', '/play/other/x.m4s', '/api/v1/me', 'blob:x']) expect(addresses.renewed(address)).toBe(address)
    addresses.renew(null, shown('a', 'b'))
    expect(addresses.renewed('/play/a/x.m4s')).toBe('/play/c/x.m4s')
  })

  it('are asked for before they run out, and never in a hurry', () => {
    expect(renewInMs(1_000_000 + 900_000, 1_000_000)).toBe(675_000)
    expect(renewInMs(1_000_000, 2_000_000)).toBe(20_000)
    expect(renewInMs(10 ** 12, 0)).toBe(6 * 3_600_000)
  })
})
