import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asRemembered, resumption, stopOf } from '../src/core/resume_position'

const at = (positionMs: number, ageMs: number): { positionMs: number; ageMs: number } => ({ positionMs, ageMs })

describe('resumption', () => {
  it.each([
    ['never begun', null, null, { atMs: 0, from: 'start', furtherMs: null }],
    ['only the server knows', at(12_000, 500), null, { atMs: 12_000, from: 'elsewhere', furtherMs: null }],
    ['only this browser knows: the report is on its way', null, at(9_000, 500), { atMs: 9_000, from: 'here', furtherMs: null }],
    ['what this browser had reported itself', at(9_000, 61_000), at(9_000, 60_000), { atMs: 9_000, from: 'here', furtherMs: null }],
    ['watched on elsewhere', at(40_000, 1_000), at(9_000, 3_600_000), { atMs: 40_000, from: 'elsewhere', furtherMs: null }],
    ['gone back elsewhere: it says how far it was here', at(5_000, 1_000), at(40_000, 3_600_000), { atMs: 5_000, from: 'elsewhere', furtherMs: 40_000 }],
    ['played here without a network, later than elsewhere', at(50_000, 3_600_000), at(20_000, 60_000), { atMs: 20_000, from: 'here', furtherMs: 50_000 }],
    ['finished', at(58_000, 9_000), null, { atMs: 0, from: 'start', furtherMs: null }],
    ['finished just now here', at(30_000, 90_000), at(59_000, 0), { atMs: 0, from: 'start', furtherMs: null }],
  ] as const)('%s', (_name, there, here, expected) => {
    expect(resumption(there, here, 60_000)).toEqual(expected)
  })

  const stop = fc.option(fc.record({ positionMs: fc.integer({ min: 0, max: 700_000 }), ageMs: fc.integer({ min: 0, max: 10 ** 9 }) }))
  it('never goes back without saying so', () => {
    fc.assert(
      fc.property(stop, stop, (there, here) => {
        const found = resumption(there, here, 600_000)
        const furthest = Math.max(...[there, here].map((one) => (one && one.positionMs <= 595_000 ? one.positionMs : 0)))
        return found.from === 'start' || furthest <= found.atMs + 10_000 || found.furtherMs === furthest
      }),
    )
  })
})

describe('stopOf', () => {
  it('says how old it is', () => expect(stopOf({ positionMs: 5, utcMs: 100 }, 160)).toEqual({ positionMs: 5, ageMs: 60 }))
  it('knows nothing after a clock was set back', () => expect(stopOf({ positionMs: 5, utcMs: 200 }, 160)).toBeNull())
})

describe('asRemembered', () => {
  it.each([[null], ['x'], [{}], [{ positionMs: '1', utcMs: 2 }], [[1, 2]]])('refuses %j', (found) => {
    expect(asRemembered(found)).toBeNull()
  })
  it('takes its own', () => {
    expect(asRemembered({ positionMs: 1, utcMs: 2 })).toEqual({ positionMs: 1, utcMs: 2 })
  })
})
