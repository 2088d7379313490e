import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asKind, isPeriod, kindOf, monthOf, moved, spanOf } from '../src/core/periods'

const month = fc.record({ year: fc.integer({ min: 2, max: 9000 }), month: fc.integer({ min: 0, max: 11 }) }).map((at) => monthOf(new Date(2000 + (at.year % 100), at.month, 3)))

describe('periods', () => {
  it.each([['2026-11', 'month'], ['2026-Q4', 'quarter'], ['2026', 'year']] as const)('%s is a %s', (name, kind) => {
    expect(kindOf(name)).toBe(kind)
    expect(isPeriod(name)).toBe(true)
  })
  it.each(['2026-13', '2026-Q5', '26', '2026-1', '', '2026-Q'])('"%s" names none', (name) => expect(isPeriod(name)).toBe(false))
  it('goes to the next and the one before', () => {
    expect([moved('2026-12', 1), moved('2026-01', -1), moved('2026-Q4', 1), moved('2026-Q1', -1), moved('2026', -1)]).toEqual(['2027-01', '2025-12', '2027-Q1', '2025-Q4', '2025'])
    expect(moved('0001', -1)).toBe('0001')
  })
  it('comes back from wherever it went', () =>
    fc.assert(fc.property(month, fc.constantFrom('month' as const, 'quarter' as const, 'year' as const), fc.integer({ min: -50, max: 50 }), (name, kind, by) => {
      const period = asKind(name, kind)
      expect(kindOf(period)).toBe(kind)
      expect(isPeriod(period)).toBe(true)
      expect(moved(moved(period, by), -by)).toBe(period)
      const [whole, part] = [spanOf(period), spanOf(name)]
      expect(whole.year).toBe(part.year)
      expect(whole.month).toBeLessThanOrEqual(part.month)
    })))
})
