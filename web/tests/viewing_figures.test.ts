import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { busiest, byDepartment, coverageBins, curveRows, deviceRows, learnedRows, steepestLoss, weekOf } from '../src/core/viewing_figures'

const curve = fc.array(fc.nat(50), { maxLength: 200 })

describe('curves in rows', () => {
  it('says the most of every stretch', () => {
    expect(curveRows([1, 5, 2, 0, 3], [0, 0, 1, 0, 0], [5, 4, 3, 3, 1], 2)).toEqual([
      { fromMs: 0, toMs: 3000, heat: 5, rewatch: 1, staying: 5 },
      { fromMs: 3000, toMs: 5000, heat: 3, rewatch: 0, staying: 3 },
    ])
    expect(curveRows([], [], [], 5)).toEqual([])
    expect(curveRows([1], [0], [1], 0)).toEqual([])
  })
  it('covers every second once, loses no peak, and is never longer than asked', () =>
    fc.assert(fc.property(curve, fc.integer({ min: 1, max: 30 }), (heat, most) => {
      const rows = curveRows(heat, heat, heat, most)
      expect(rows.length).toBeLessThanOrEqual(most)
      expect(rows.reduce((sum, row) => sum + row.toMs - row.fromMs, 0)).toBe(heat.length * 1000)
      expect(Math.max(0, ...rows.map((row) => row.heat))).toBe(Math.max(0, ...heat))
      rows.forEach((row, at) => expect(row.fromMs).toBe(at === 0 ? 0 : rows[at - 1]?.toMs))
    })))
  it('finds where most people were lost', () => {
    expect(steepestLoss(curveRows([0, 0, 0, 0], [], [9, 8, 3, 2], 4))).toEqual({ atMs: 2000, lost: 5 })
    expect(steepestLoss(curveRows([0, 0], [], [4, 4], 2))).toBeNull()
    expect(steepestLoss([])).toBeNull()
  })
})

describe('people', () => {
  it('are counted in one tenth each', () => {
    expect(coverageBins([0, 0.09, 0.1, 0.3, 0.999, 1])).toEqual([2, 1, 0, 1, 0, 0, 0, 0, 0, 2])
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (shares) => {
      expect(coverageBins(shares).reduce((a, b) => a + b, 0)).toBe(shares.length)
    }))
  })
  it('belong to one department each', () => {
    const watched = fc.record({ person: fc.record({ department: fc.option(fc.constantFrom('a', 'b', 'c')) }), completed: fc.boolean(), minutes: fc.nat(90) })
    fc.assert(fc.property(fc.array(watched), (people) => {
      const rows = byDepartment(people)
      expect(rows.reduce((sum, row) => sum + row.viewers, 0)).toBe(people.length)
      expect(rows.reduce((sum, row) => sum + row.minutes, 0)).toBe(people.reduce((sum, one) => sum + one.minutes, 0))
      expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length)
      for (const row of rows) expect(row.completed).toBeLessThanOrEqual(row.viewers)
    }))
  })
})

describe('hours of the week', () => {
  const cells = fc.array(fc.nat(1000), { minLength: 168, maxLength: 168 })
  it('add up over devices', () =>
    fc.assert(fc.property(cells, cells, (pc, phone) => {
      const [week, rows] = [weekOf({ pc, phone }), deviceRows({ pc, phone })]
      const whole = week.reduce((a, b) => a + b, 0)
      expect(rows.reduce((sum, row) => sum + row.seconds, 0)).toBe(whole)
      if (whole > 0) expect(rows.reduce((sum, row) => sum + row.share, 0)).toBeCloseTo(1)
    })))
  it('have a busiest one, unless nobody watched', () => {
    const pc = new Array<number>(168).fill(0)
    expect(busiest(weekOf({ pc }))).toBeNull()
    expect(deviceRows({ pc })).toEqual([{ device: 'pc', seconds: 0, share: 0 }])
    pc[4 * 24 + 18] = 60
    expect(busiest(weekOf({ pc }))).toEqual({ weekday: 4, hour: 18 })
  })
})

describe('minutes learned', () => {
  it('are put in order by what was learned in all, without departments that learned nothing', () => {
    const of = (live: number, watched: number) => ({ live, watched })
    const rows = learnedRows([
      { name: 'A', learned: [of(1, 2), of(3, 4)], learned_whole: of(4, 6) },
      { name: 'B', learned: [of(0, 0), of(0, 0)], learned_whole: of(0, 0) },
      { name: null, learned: [of(0, 30), of(0, 0)], learned_whole: of(0, 30) },
    ])
    expect(rows).toEqual([
      { name: null, live: 0, watched: 30, months: [30, 0] },
      { name: 'A', live: 4, watched: 6, months: [3, 7] },
    ])
  })
})
