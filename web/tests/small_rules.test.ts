import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BACK_OFF, backOffMs } from '../src/core/back_off'
import { clockWords, leftMs, lengthVerdict, parseClock, shareLeft } from '../src/core/durations'
import { dealGroups, moveTo } from '../src/core/groups'
import { headcount } from '../src/core/headcount'
import { isOwn, keyOf, openInvitations, toShow, waiting } from '../src/core/invitation'
import { currentMoment, detailOf } from '../src/core/moments'
import { presenceBar } from '../src/core/presence_bar'
import { ServerClock } from '../src/core/server_clock'
import type { Checkin, Participant, Poll } from '../src/core/wire'

describe('coming back', () => {
  const tries = fc.record({ attempt: fc.integer({ min: 1, max: 5000 }), chance: fc.double({ min: 0, max: 0.999, noNaN: true }) })
  it('waits longer each time, and never longer than the longest wait', () => {
    expect([1, 2, 3, 9].map((attempt) => backOffMs(attempt, 0.5))).toEqual([400, 800, 1600, 1667])
    fc.assert(fc.property(tries, ({ attempt, chance }) => {
      expect(backOffMs(attempt, chance)).toBeGreaterThanOrEqual(BACK_OFF.firstMs * BACK_OFF.jitter)
      expect(backOffMs(attempt, chance)).toBeLessThanOrEqual(BACK_OFF.longestMs)
    }))
  })
  it('spreads those who lost their connection together', () => expect(backOffMs(20, 0.999) - backOffMs(20, 0)).toBeGreaterThan(1500))
})

describe('durations', () => {
  it.each([[0, '0:00'], [999, '0:00'], [65_000, '1:05'], [3_725_000, '1:02:05'], [-5, '0:00']])('%i ms reads %s', (ms, words) => expect(clockWords(ms)).toBe(words))
  it.each([['1:05', 65_000], ['1:02:05', 3_725_000], ['65', 65_000], [' 0:10 ', 10_000], ['1:75', null], ['a', null], ['', null], ['1::2', null]])('"%s" means %s', (text, ms) => expect(parseClock(text)).toBe(ms))
  it('reads back what it wrote', () => fc.assert(fc.property(fc.integer({ min: 0, max: 86_400 }), (seconds) => {
    expect(parseClock(clockWords(seconds * 1000))).toBe(seconds * 1000)
  })))
  it.each([[500, 'too_short'], [8 * 60_000, 'good'], [15 * 60_000, 'good'], [15 * 60_000 + 1, 'long'], [20 * 60_000 + 1, 'very_long']] as const)('%i ms is %s', (ms, verdict) => expect(lengthVerdict(ms)).toBe(verdict))
  it('shrinks from one to nothing', () => {
    expect([shareLeft(0, 100, -5), shareLeft(0, 100, 25), shareLeft(0, 100, 200), shareLeft(5, 5, 5)]).toEqual([1, 0.75, 0, 0])
    expect([leftMs(100, 40), leftMs(100, 140)]).toEqual([60, 0])
  })
})

describe('groups', () => {
  it('deals everybody once, into groups of nearly equal size', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 60 }), fc.integer({ min: 2, max: 9 }), fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 60, maxLength: 60 }), (people, count, dice) => {
        let at = 0
        const groups = dealGroups(people, count, () => dice[(at += 1) % dice.length] ?? 0)
        expect(groups).toHaveLength(count)
        expect(groups.flat().sort()).toEqual([...people].sort())
        const sizes = groups.map((group) => group.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })
  it('moves one person and nobody else', () => {
    expect(moveTo([['a', 'b'], ['c']], 'a', 1)).toEqual([['b'], ['c', 'a']])
    expect(moveTo([['a', 'b'], ['c']], 'a', null)).toEqual([['b'], ['c']])
    expect(moveTo([['a'], []], 'x', 1)).toEqual([['a'], ['x']])
  })
})

describe('presence bar', () => {
  it('merges overlapping devices and cuts at the session', () => {
    const bar = presenceBar([{ joined_utc_ms: -10, left_utc_ms: 30 }, { joined_utc_ms: 20, left_utc_ms: 50 }, { joined_utc_ms: 90, left_utc_ms: null }], 0, 100)
    expect(bar).toEqual([{ startPercent: 0, widthPercent: 50 }, { startPercent: 90, widthPercent: 10 }])
  })
  it('is empty for nobody and for no session', () => expect([presenceBar([], 0, 100), presenceBar([{ joined_utc_ms: 0, left_utc_ms: 5 }], 5, 5)]).toEqual([[], []]))
})

describe('the server clock', () => {
  it('trusts the shortest round trip', () => {
    const clock = new ServerClock()
    expect(clock.offsetMs).toBe(0)
    clock.receive({ sentMs: 0, receivedMs: 1000, serverMs: 900 })
    clock.receive({ sentMs: 2000, receivedMs: 2020, serverMs: 2510 })
    expect(clock.offsetMs).toBe(500)
  })
  it('ignores a clock that was set back in between', () => {
    const clock = new ServerClock()
    clock.receive({ sentMs: 1000, receivedMs: 10, serverMs: 5 })
    expect(clock.offsetMs).toBe(0)
  })
})

describe('invitations', () => {
  const checkin = { id: 'c1', state: 'open' } as Checkin
  const poll = { id: 'v1', state: 'open' } as Poll
  const closed = { id: 'v0', state: 'closed' } as Poll
  const group = { id: 'g1', place: 1, name: '1', task: null, material: null, members: [], most: null, reporter: null, tutors: [] }
  it('shows what is open, unanswered first', () => {
    const open = openInvitations(null, [checkin], [poll, closed])
    expect(open.map(keyOf)).toEqual(['cc1', 'pv1'])
    expect(toShow(new Map(), open, new Set())).toMatchObject({ kind: 'checkin' })
    const answered = new Map([['my/checkin/c1', { status: 'on_time', utc_ms: 1 }]])
    expect(toShow(answered, open, new Set())).toMatchObject({ kind: 'poll' })
  })
  it('knows what somebody asked their own group', () => {
    expect([isOwn({ ...poll, group: 'g1', asked_by: 'p1' }, 'p1'), isOwn({ ...poll, group: 'g1', asked_by: 'p2' }, 'p1'), isOwn(poll, 'p1')]).toEqual([true, false, false])
  })
  it('keeps an answered one on the table until it is put away', () => {
    const answered = new Map([['my/vote/v1', { option: 0 }]])
    const open = openInvitations(null, [], [poll])
    expect(toShow(answered, open, new Set())).toMatchObject({ kind: 'poll' })
    expect(toShow(answered, open, new Set(['pv1']))).toBeNull()
    expect(waiting(answered, open, new Set(['pv1']))).toEqual([])
  })
  it('counts what was put away without an answer, but not a group', () => {
    const open = openInvitations(group, [checkin], [])
    expect(waiting(new Map(), open, new Set(['gg1', 'cc1'])).map(keyOf)).toEqual(['cc1'])
  })
})

describe('moments of a replay', () => {
  it('reads what is there and survives what is not', () => {
    expect(detailOf({ options: ['A', 'B'], counts: [1, 2], votes: 3, answer: 'yes' })).toEqual({ options: ['A', 'B'], counts: [1, 2], answer: 'yes', votes: 3, text: null, notes: null })
    expect(detailOf({ options: ['A', null], counts: [1] })).toEqual({ options: ['A', '—'], counts: null, answer: null, votes: null, text: null, notes: null })
    for (const odd of [null, 5, 'x', [], { options: 7 }]) expect(detailOf(odd).options).toEqual([])
  })
  it('knows the current one', () => {
    const moments = [{ at_ms: 10 }, { at_ms: 20 }]
    expect([0, 10, 19, 99].map((position) => currentMoment(moments, position))).toEqual([-1, 0, 0, 1])
  })
})


describe('the headcount of the studio', () => {
  const somebody = (id: string, role: Participant['role'], online: boolean, expected: boolean): Participant => ({ id, name: id, role, online, device: 'pc', group: null, expected })
  const class_ = [
    somebody('p', 'presenter', true, false),
    somebody('tv', 'screen', true, false),
    somebody('ann', 'learner', true, true),
    somebody('bob', 'learner', false, true),
    somebody('guest', 'learner', true, false),
    somebody('gone', 'learner', false, false),
  ]
  it('counts of a roster its own people, and who walked in beside it', () => {
    expect(headcount(class_, 10)).toEqual({ here: 1, total: 10, besides: 1 })
  })
  it('counts all learners who came where there is no roster', () => {
    expect(headcount(class_, 0)).toEqual({ here: 2, total: 4, besides: 0 })
  })
})
