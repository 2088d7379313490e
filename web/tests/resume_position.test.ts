import { describe, expect, it } from 'vitest'
import { asRemembered, resumeAt } from '../src/core/resume_position'

const NOW = 1_795_000_000_000

describe('resumeAt', () => {
  it.each([
    ['nothing remembered here', 12_000, null, 12_000],
    ['the report is still on its way', 0, { positionMs: 9_000, utcMs: NOW - 500 }, 9_000],
    ['the server knows better by now', 40_000, { positionMs: 9_000, utcMs: NOW - 31_000 }, 40_000],
    ['a clock that was set back', 40_000, { positionMs: 9_000, utcMs: NOW + 3_600_000 }, 40_000],
    ['finished', 58_000, null, 0],
    ['finished just now', 0, { positionMs: 59_000, utcMs: NOW }, 0],
  ] as const)('%s', (_name, server, remembered, expected) => {
    expect(resumeAt(server, remembered, NOW, 60_000)).toBe(expected)
  })
})

describe('asRemembered', () => {
  it.each([[null], ['x'], [{}], [{ positionMs: '1', utcMs: 2 }], [[1, 2]]])('refuses %j', (found) => {
    expect(asRemembered(found)).toBeNull()
  })
  it('takes its own', () => {
    expect(asRemembered({ positionMs: 1, utcMs: 2 })).toEqual({ positionMs: 1, utcMs: 2 })
  })
})
