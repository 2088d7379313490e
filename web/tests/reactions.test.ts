import { describe, expect, it } from 'vitest'
import { cut, LANE_MS, LANES, Lanes, MOST_CHARS } from '../src/core/bullets'
import { MOST, risen, Taps } from '../src/core/taps'

describe('taps', () => {
  it('are gathered while a command is under way, and none is sent twice', () => {
    const taps = new Taps()
    taps.add('like')
    taps.add('like')
    expect(taps.next()).toEqual({ like: 2 })
    taps.add('clap')
    expect([taps.next(), taps.ahead('like'), taps.ahead('clap')]).toEqual([null, 2, 1])
    taps.settle()
    expect([taps.next(), taps.ahead('like')]).toEqual([{ clap: 1 }, 0])
    taps.settle()
    expect(taps.next()).toBeNull()
  })

  it('stop where the server would refuse them', () => {
    const taps = new Taps()
    const taken = Array.from({ length: MOST + 5 }, () => taps.add('wow')).filter(Boolean).length
    expect([taken, taps.next()]).toEqual([MOST, { wow: MOST }])
  })

  it('of others rise as they came, the frequent first, never too many', () => {
    expect(risen({ like: 1 }, { like: 3, clap: 5 }, 6)).toEqual(['clap', 'clap', 'clap', 'clap', 'clap', 'like'])
    expect(risen(null, { like: 900 }, 6)).toEqual([])
    expect(risen({ like: 3 }, { like: 3 }, 6)).toEqual([])
  })
})

describe('comments over the picture', () => {
  it('take the lane that has been free longest, and wait for nobody', () => {
    const lanes = new Lanes()
    const first = Array.from({ length: LANES + 1 }, (_, at) => lanes.take(at))
    expect(first).toEqual([...Array.from({ length: LANES }, (_, at) => at), null])
    expect([lanes.take(LANE_MS), lanes.take(LANE_MS), lanes.take(LANE_MS + 1)]).toEqual([0, null, 1])
  })

  it('are one short line, cut between letters', () => {
    expect(cut(' a\n b ')).toBe('a b')
    expect(cut('👏'.repeat(200))).toBe(`${'👏'.repeat(MOST_CHARS - 1)}…`)
  })
})
