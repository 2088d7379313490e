import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blank, closesFor, complete, marksOf, meanRating, meanShare, moved, NONE, paired, resultRows, rightOrder, textsLeftOut, toggled, voteOf, wasRight } from '../src/core/poll_answer'
import type { Poll, PollKind } from '../src/core/wire'

function poll(kind: PollKind, more: Partial<Poll> = {}): Poll {
  return {
    id: 'v', kind, question: 'Q', options: ['A', 'B', 'C'], state: 'open', show: 'live', counts: null, voters: 0, opened_utc_ms: 0, closes_utc_ms: null, closed_utc_ms: null,
    published: false, anonymous: false, scored: false, instant: false, right_count: null, right: null, accepted: null, explanation: null, rerun_of: null, survey: null, ...more,
  }
}

describe('written answers', () => {
  it('tells when the result has only the most frequent of them', () => {
    const texts = ['a', 'b']
    expect(textsLeftOut(poll('text', { texts, text_counts: [2, 1], texts_total: 9 }))).toEqual({ shown: 2, of: 9 })
    expect(textsLeftOut(poll('text', { texts, text_counts: [2, 1], texts_total: 3 }))).toBeNull()
    expect(textsLeftOut(poll('text', { texts: null }))).toBeNull()
  })
})

describe('giving an answer', () => {
  it('is complete when the server would take it', () => {
    expect(complete(poll('single'), blank(poll('single')))).toBe(false)
    expect(complete(poll('ranking'), blank(poll('ranking')))).toBe(true)
    expect(complete(poll('matching'), blank(poll('matching')))).toBe(false)
    expect(complete(poll('text'), { picks: [], text: ' \n' })).toBe(false)
    expect(complete(poll('multiple', { most: 1 }), { picks: [0, 2], text: '' })).toBe(false)
    expect(complete(poll('multiple', { most: null }), { picks: [0, 2], text: '' })).toBe(true)
  })

  it('ticks and unticks in rising order', () => {
    fc.assert(fc.property(fc.array(fc.nat(4)), (taps) => {
      const answer = taps.reduce(toggled, blank(poll('multiple')))
      expect(answer.picks).toEqual([...new Set(taps)].filter((tap) => taps.filter((each) => each === tap).length % 2 === 1).sort())
    }))
  })

  it('keeps a ranking a ranking, whatever is moved', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: -1, max: 4 }), fc.constantFrom(-1 as const, 1 as const))), (moves) => {
      const answer = moves.reduce((at, [place, by]) => moved(at, place, by), blank(poll('ranking')))
      expect([...answer.picks].sort()).toEqual([0, 1, 2])
    }))
    expect(moved(blank(poll('ranking')), 2, -1).picks).toEqual([0, 2, 1])
  })

  it('gives every partner to one option alone', () => {
    const once = paired(paired(blank(poll('matching')), 0, 1), 2, 1)
    expect(once.picks).toEqual([NONE, NONE, 1])
  })

  it('is sent as picks or as text', () => {
    expect(voteOf(poll('text'), { picks: [], text: ' yes ' })).toEqual({ id: 'v', text: 'yes' })
    expect(voteOf(poll('single'), { picks: [1], text: '' })).toEqual({ id: 'v', picks: [1] })
  })

  it('ends with the longer of two times', () => {
    expect(closesFor(poll('single'), 9)).toBe(null)
    expect(closesFor(poll('single', { closes_utc_ms: 5 }), undefined)).toBe(5)
    expect(closesFor(poll('single', { closes_utc_ms: 5 }), 9)).toBe(9)
  })
})

describe('results', () => {
  it('are shares of those who answered', () => {
    const rows = resultRows(poll('multiple', { counts: [2, 4, 0], voters: 4, right: [0, 1] }), [1])
    expect(rows.map((row) => [row.share, row.right, row.mine])).toEqual([[50, true, false], [100, true, true], [0, false, false]])
    expect(resultRows(poll('single'), []).map((row) => row.share)).toEqual([null, null, null])
  })

  it('put the best of a ranking first', () => {
    const ranked = poll('ranking', { counts: [2, 6, 4], voters: 2, right: [1, 2, 0] })
    expect(resultRows(ranked, []).map((row) => [row.label, row.share])).toEqual([['B', 100], ['C', 67], ['A', 33]])
    expect(rightOrder(ranked)).toEqual(['B', 'C', 'A'])
  })

  it('name the values of a scale, and its mean', () => {
    const rated = poll('rating', { options: [], low: 0, high: 2, counts: [1, 0, 3], voters: 4 })
    expect(resultRows(rated, [2]).map((row) => [row.label, row.mine])).toEqual([['0', false], ['1', false], ['2', true]])
    expect(meanRating(rated)).toBe(1.5)
    expect(meanRating(poll('rating'))).toBe(null)
  })

  it('name pairs once they are known', () => {
    expect(resultRows(poll('matching', { matches: ['1', '2', '3'], right: [2, 0, 1], counts: [1, 1, 1], voters: 2 }), [])[0]?.label).toBe('A → 3')
  })

  it('tell whether an answer was right, once that is known', () => {
    expect(wasRight(poll('single'), [1])).toBe(null)
    expect(wasRight(poll('single', { right: [1] }), [1])).toBe(true)
    expect(wasRight(poll('ranking', { right: [1, 0, 2] }), [0, 1, 2])).toBe(false)
  })
})

describe('parts of a point', () => {
  const page = readFileSync(new URL('../../docs/data-dictionary.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| (multiple|matching|ranking) \| ([A-Z ]+) \| ([A-Z ]+) \| (\d+) \| (\d+) \|/gm)].map((row) => row.slice(1)) as [PollKind, string, string, string, string][]
  const picks = (letters: string): number[] => letters.split(' ').map((letter) => letter.charCodeAt(0) - 65)
  it('are those of the page that defines them', () => {
    expect(rows).toHaveLength(7)
    for (const [kind, right, answer, marks, full] of rows) expect(marksOf(poll(kind, { right: picks(right), full_marks: Number(full) }), picks(answer))).toBe(Number(marks))
  })
  it('are told where they count, and when the right answer is known', () => {
    expect(marksOf(poll('multiple', { right: [0] }), [0])).toBeNull()
    expect(marksOf(poll('multiple', { full_marks: 1 }), [0])).toBeNull()
    expect([meanShare(poll('multiple', { full_marks: 3, marks: 3, voters: 2 })), meanShare(poll('multiple', { full_marks: 3, marks: null, voters: 2 })), meanShare(poll('multiple', { voters: 2 }))]).toEqual([0.5, null, null])
  })
})
