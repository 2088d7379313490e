import { describe, expect, it } from 'vitest'
import { askAgainMs, urgency } from '../src/core/watch_due'

const NOW = 1_800_000_000_000
const DAY = 86_400_000
const at = (dueUtcMs: number | null, isDone = false): string => urgency({ isDone, dueUtcMs }, NOW)

describe('what is to be watched', () => {
  it('is overdue from its deadline on', () => expect([at(NOW + 1), at(NOW), at(NOW - DAY)]).toEqual(['soon', 'overdue', 'overdue']))
  it('is soon from three days before on, as the first reminder', () => expect([at(NOW + 3 * DAY), at(NOW + 3 * DAY + 1)]).toEqual(['soon', 'later']))
  it('is only open without a deadline', () => expect(at(null)).toBe('open'))
  it('is done whatever its deadline was', () => expect([at(NOW - DAY, true), at(null, true)]).toEqual(['done', 'done']))
})

describe('asking again while lessons are counted', () => {
  it('waits longer each time, at most a minute', () => expect([0, 1, 2, 3, 4, 2_000].map((times) => askAgainMs(2, times))).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]))
  it('is not done once all is counted', () => expect(askAgainMs(0, 0)).toBeNull())
})
