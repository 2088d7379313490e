import { describe, expect, it } from 'vitest'
import { bandsOf, noticed } from '../src/core/recording_gaps'

const gap = (from_ms: number, to_ms: number, missing_ms: number) => ({ from_ms, to_ms, missing_ms })

describe('gaps of a recording', () => {
  it('are told from a second on', () => {
    expect(noticed([gap(0, 5000, 980), gap(9000, 10_000, 1000)])).toEqual([gap(9000, 10_000, 1000)])
  })

  it('lie on the time line where they are dense', () => {
    const scattered = gap(0, 60_000, 3000)
    const outage = gap(10_000, 14_000, 3500)
    const unrecorded = gap(20_000, 20_000, 8000)
    expect(bandsOf([scattered, outage, unrecorded], 100_000)).toEqual([
      { left: '10%', width: '4%' },
      { left: '20%', width: '0%' },
    ])
  })

  it('of a recording without length do not divide by nothing', () => {
    expect(bandsOf([gap(0, 0, 2000)], 0)).toEqual([{ left: '0%', width: '0%' }])
  })
})
