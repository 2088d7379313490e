import { describe, expect, it } from 'vitest'
import { behindWords, positionOf } from '../src/core/past'

const listed = [
  { start: 0, duration: 2, programDateTime: 10_000 },
  { start: 2, duration: 2, programDateTime: 12_000 },
  // Half a minute was not for the replay.
  { start: 4, duration: 2, programDateTime: 44_000 },
]

describe('going back in a broadcast', () => {
  it('finds a moment of the wall clock in the playlist', () => {
    expect(positionOf(10_500, listed)).toBe(0.5)
    expect(positionOf(13_000, listed)).toBe(3)
    expect(positionOf(45_000, listed)).toBe(5)
  })
  it('goes on behind what is not in it, and stays within it', () => {
    expect(positionOf(20_000, listed)).toBe(4)
    expect(positionOf(0, listed)).toBe(0)
    expect(positionOf(99_000, listed)).toBe(6)
    expect(positionOf(99_000, [])).toBe(0)
  })
  it('says how far behind', () => {
    expect(behindWords(65_400)).toBe('1:05')
    expect(behindWords(-3)).toBe('0:00')
  })
})
