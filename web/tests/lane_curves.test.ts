import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { barsOf, busiest, curveRows, highest, steepest } from '../src/core/lane_curves'

const MINUTE = 60_000
const CLASS = { stepMs: MINUTE, values: [0, 12, 3, 0, 6] }

describe('the curves of a lesson', () => {
  it('are bars as tall as the highest value in them', () => {
    expect(barsOf(CLASS, { from: 0, to: 5 * MINUTE }, 5).map((bar) => bar.tall)).toEqual([0, 1, 0.25, 0, 0.5])
    expect(barsOf(CLASS, { from: 0, to: 5 * MINUTE }, 3)).toEqual([
      { left: 0, wide: 0.4, tall: 1 }, { left: 0.4, wide: 0.4, tall: 0.25 }, { left: 0.8, wide: 0.2, tall: 0.5 },
    ])
    expect(barsOf(CLASS, { from: 90_000, to: 150_000 }, 400)).toEqual([{ left: 0, wide: 0.5, tall: 1 }, { left: 0.5, wide: 0.5, tall: 0.25 }])
    expect(barsOf({ stepMs: MINUTE, values: [0, 0] }, { from: 0, to: MINUTE }, 5)).toEqual([])
  })

  it('stay in the window, whatever is shown of them', () => {
    fc.assert(fc.property(fc.array(fc.nat(50), { maxLength: 300 }), fc.nat(200_000), fc.integer({ min: 1, max: 400_000 }), fc.integer({ min: 1, max: 60 }), (values, from, span, most) => {
      const bars = barsOf({ stepMs: 1000, values }, { from, to: from + span }, most)
      expect(bars.length).toBeLessThanOrEqual(most + 1)
      for (const bar of bars) expect(bar.left >= 0 && bar.wide > 0 && bar.left + bar.wide <= 1 + 1e-9 && bar.tall <= 1).toBe(true)
    }))
  })

  it('say when the class was busiest and where viewers left', () => {
    expect(busiest(CLASS)).toEqual({ atMs: MINUTE, people: 12 })
    expect(busiest({ stepMs: MINUTE, values: [] })).toBeNull()
    expect(steepest({ stepMs: 1000, values: [9, 9, 8, 3, 3, 2] }, 1000)).toEqual({ atMs: 2000, left: 5 })
    expect(steepest({ stepMs: 1000, values: [4, 4, 4] }, 1000)).toBeNull()
  })

  it('are told as a table of a readable length', () => {
    const staying = { stepMs: 1000, values: Array.from({ length: 300 }, (_, at) => 300 - at) }
    expect(curveRows(CLASS, staying, 5 * MINUTE, 3)).toEqual([
      { atMs: 0, tookPart: 12, staying: 300 }, { atMs: 2 * MINUTE, tookPart: 3, staying: 180 }, { atMs: 4 * MINUTE, tookPart: 6, staying: 60 },
    ])
    expect(curveRows(CLASS, { stepMs: 1000, values: [] }, 60_000)).toEqual([{ atMs: 0, tookPart: 0, staying: null }])
    for (const hours of [1, 3, 12, 72]) expect(curveRows(CLASS, staying, hours * 3_600_000).length).toBeLessThanOrEqual(30)
    expect(highest([])).toBe(0)
  })
})
