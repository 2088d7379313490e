import { describe, expect, it } from 'vitest'
import { preciseWords, parseClock } from '../src/core/durations'
import { alike, chaptersOf, lengthOf, nudge, partAt, picksOf, previewStep, rulerOf, scrolled, shownIn, trimmed, zoomed, type Part } from '../src/core/edit_list'

const PARTS: readonly Part[] = [[60_000, 120_000], [300_000, 400_000], [10_000, 20_000]]
const HOUR = 3_600_000

describe('an edit list', () => {
  it('knows its length and its parts', () => {
    expect(lengthOf(PARTS)).toBe(170_000)
    expect([59_999, 60_000, 119_999, 120_000, 15_000].map((ms) => partAt(PARTS, ms))).toEqual([null, 0, 0, null, 2])
  })

  it('is played in order, without what is cut out', () => {
    expect(previewStep(PARTS, 0, 90_000)).toEqual({ part: 0, seekTo: null })
    expect(previewStep(PARTS, 0, 120_050)).toEqual({ part: 1, seekTo: 300_000 })
    expect(previewStep(PARTS, 1, 400_100)).toEqual({ part: 2, seekTo: 10_000 })
    expect(previewStep(PARTS, 2, 20_010)).toBe('over')
    expect(previewStep([[0, 5000], [5000, 9000]], 0, 5020)).toEqual({ part: 1, seekTo: null })
    // somebody jumps into another part, and is followed
    expect(previewStep(PARTS, 0, 350_000)).toEqual({ part: 1, seekTo: null })
  })

  it('is trimmed inside the replay and off its neighbours', () => {
    expect(trimmed(PARTS, 0, 'end', 500_000, HOUR)).toEqual([60_000, 300_000])
    expect(trimmed(PARTS, 0, 'start', 0, HOUR)).toEqual([20_000, 120_000])
    expect(trimmed(PARTS, 0, 'start', 119_900, HOUR)).toEqual([119_000, 120_000])
    expect(trimmed(PARTS, 1, 'end', 9_999_999, HOUR)).toEqual([300_000, HOUR])
    expect(trimmed(PARTS, 2, 'start', -5, HOUR)).toEqual([0, 20_000])
  })

  it('knows which part shows something of a stretch', () => {
    expect(shownIn(PARTS, 0, 10_000)).toBeNull()
    expect(shownIn(PARTS, 120_000, 300_000)).toBeNull()
    expect([shownIn(PARTS, 0, 10_001), shownIn(PARTS, 119_999, 350_000)]).toEqual([2, 0])
  })

  it('knows a lesson again that was nudged', () => {
    expect([alike([0, 420_000], [14_000, 410_000]), alike([0, 420_000], [0, 436_000])]).toEqual([true, false])
    expect([alike([0, 12_000], [0, 9_000]), alike([0, 12_000], [0, 8_900])]).toEqual([true, false])
  })

  it('moves by a second, or by a tenth with Shift', () => {
    expect([nudge('ArrowLeft', false), nudge('ArrowRight', true), nudge('a', false)]).toEqual([-1000, 100, null])
    expect([preciseWords(65_300), preciseWords(65_000), preciseWords(59_960)]).toEqual(['1:05.3', '1:05', '1:00'])
    expect([parseClock('1:05.3'), parseClock('1:05.33'), parseClock('.5')]).toEqual([65_300, null, null])
  })
})

describe('the window of a time line', () => {
  it('zooms around a moment and stays inside', () => {
    const near = zoomed({ from: 0, to: HOUR }, 0.5, HOUR / 2, HOUR)
    expect(near).toEqual({ from: HOUR / 4, to: (3 * HOUR) / 4 })
    expect(zoomed(near, 100, HOUR / 2, HOUR)).toEqual({ from: 0, to: HOUR })
    expect(zoomed({ from: 0, to: 6000 }, 0.1, 0, HOUR)).toEqual({ from: 0, to: 5000 })
    expect(scrolled(near, 10 * HOUR, HOUR)).toEqual({ from: HOUR / 2, to: HOUR })
    expect(zoomed({ from: 0, to: 2000 }, 0.5, 0, 2000)).toEqual({ from: 0, to: 2000 })
  })

  it('has a ruler in steps that people count in', () => {
    expect(rulerOf({ from: 61_000, to: 241_000 }, 8)).toEqual([90_000, 120_000, 150_000, 180_000, 210_000, 240_000])
    expect(rulerOf({ from: 0, to: HOUR }, 8)).toHaveLength(7)
  })
})

describe('what can be picked whole', () => {
  const chapters = [{ at_ms: 0, title: 'L', kind: 'start' as const }, { at_ms: 100_000, title: 'Which?', kind: 'poll' as const }]
  const marks = [
    { at_ms: 100_000, end_ms: null, kind: 'poll', id: 'p', title: 'Which?' },
    { at_ms: 200_000, end_ms: 260_000, kind: 'question', id: 'q', title: 'Why?' },
    { at_ms: 290_000, end_ms: null, kind: 'checkin', id: 'c', title: '' },
  ]
  it('is a chapter, a poll until what comes next, a question with its answer', () => {
    expect(picksOf(chapters, marks, 300_000).map(({ start, end }) => [start, end])).toEqual([[0, 100_000], [100_000, 300_000], [85_000, 200_000], [200_000, 260_000]])
  })
  it('and chapters outside the parts are not shown', () => {
    expect(chaptersOf(null, chapters, [[90_000, 120_000]])).toEqual([chapters[1]])
    expect(chaptersOf([], chapters, [[90_000, 120_000]])).toEqual([])
  })
})
