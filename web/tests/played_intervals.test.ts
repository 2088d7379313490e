import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlayedIntervals, type PlayedInterval, type PlayerSample } from '../src/core/played_intervals'
import { asParcel, givenUp, isLeftBehind, MOST_PARCELS, type Parcel } from '../src/core/view_parcels'
import { LIMIT, ViewQueue } from '../src/core/view_queue'

const at = (positionMs: number, change: Partial<PlayerSample> = {}): PlayerSample => ({ positionMs, playing: true, speed: 1, visible: true, audible: true, captions: false, ...change })

function tracker(): PlayedIntervals {
  let next = 0
  return new PlayedIntervals(() => `i${(next += 1)}`)
}

/** Feeds samples at the given monotonic times; wall time is 1,000,000 later. */
function feed(intervals: PlayedIntervals, samples: readonly (readonly [now: number, sample: PlayerSample])[]): PlayedInterval[] {
  for (const [now, sample] of samples) intervals.receive(sample, now, 1_000_000 + now)
  return intervals.drain()
}
const ranges = (found: readonly PlayedInterval[]): [number, number][] => found.map((interval) => [interval.from_ms, interval.to_ms])

describe('played intervals', () => {
  it('is one interval from play to pause', () => {
    const found = feed(tracker(), [[0, at(5000)], [250, at(5250)], [1000, at(6000)], [1100, at(6100, { playing: false })]])
    expect(found).toEqual([{ id: 'i1', from_ms: 5000, to_ms: 6100, started_utc_ms: 1_000_000, wall_ms: 1100, speed: 1, visible: true, audible: true, captions: false }])
  })

  it('does not count what was skipped by a seek, forward or back', () => {
    expect(ranges(feed(tracker(), [[0, at(0)], [1000, at(1000)], [1010, at(60_000, { playing: false })], [1100, at(60_000)], [2100, at(61_000)], [2200, at(200)], [2700, at(700)]]))).toEqual([[0, 1000], [60_000, 61_000], [200, 700]])
  })

  it('does not count a jump to the end', () => {
    expect(ranges(feed(tracker(), [[0, at(0)], [500, at(500)], [600, at(599_000)], [900, at(599_300)]]))).toEqual([[0, 500], [599_000, 599_300]])
  })

  it('counts media time at speed, with the wall time beside it', () => {
    const [found] = feed(tracker(), [[0, at(0, { speed: 2 })], [1000, at(2000, { speed: 2 })], [2000, at(4000, { speed: 2, playing: false })]])
    expect(found).toMatchObject({ from_ms: 0, to_ms: 4000, wall_ms: 2000, speed: 2 })
  })

  it('starts a new interval when speed, visibility or sound changes', () => {
    const found = feed(tracker(), [[0, at(0)], [1000, at(1000, { visible: false })], [2000, at(2000, { visible: false, audible: false })], [3000, at(3000, { visible: false, audible: false })]])
    expect(found.map((interval) => [interval.from_ms, interval.to_ms, interval.visible, interval.audible])).toEqual([[0, 1000, true, true], [1000, 2000, false, true], [2000, 3000, false, false]])
  })

  it('starts a new interval when captions are switched on or off', () => {
    const found = feed(tracker(), [[0, at(0, { audible: false })], [1000, at(1000, { audible: false, captions: true })], [2000, at(2000, { audible: false })], [3000, at(3000, { audible: false })]])
    expect(found.map((interval) => [interval.from_ms, interval.captions])).toEqual([[0, false], [1000, true], [2000, false]])
  })

  it('cuts the running interval when it is drained, and goes on without a gap', () => {
    const intervals = tracker()
    const first = feed(intervals, [[0, at(0)], [4000, at(4000)]])
    const second = feed(intervals, [[4250, at(4250)], [8000, at(8000)]])
    expect(ranges([...first, ...second])).toEqual([[0, 4000], [4000, 8000]])
    expect(second[0]?.started_utc_ms).toBe(1_004_000)
    expect(intervals.drain()).toEqual([])
  })

  it('begins each piece in the very millisecond in which the one before ended', () => {
    const intervals = tracker()
    const pieces: PlayedInterval[] = []
    let now = 0.3
    intervals.receive(at(0), now, 1_000_000)
    for (let piece = 1; piece <= 50; piece += 1) {
      now += 4000.37
      pieces.push(...feed(intervals, [[now, at(now - 0.3)]]))
    }
    expect(pieces.slice(1).every((piece, n) => piece.started_utc_ms === (pieces[n]?.started_utc_ms ?? 0) + (pieces[n]?.wall_ms ?? 0))).toBe(true)
    expect(pieces.slice(1).every((piece, n) => piece.from_ms === pieces[n]?.to_ms)).toBe(true)
  })

  it('counts nothing while paused or stalled', () => {
    expect(feed(tracker(), [[0, at(0, { playing: false })], [9000, at(0, { playing: false })]])).toEqual([])
    expect(ranges(feed(tracker(), [[0, at(0)], [500, at(500)], [700, at(500, { playing: false })], [5000, at(500)], [5500, at(1000)]]))).toEqual([[0, 500], [500, 1000]])
  })

  it('never reports more media than the clock allows', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ wait: fc.integer({ min: 1, max: 3000 }), to: fc.integer({ min: 0, max: 100_000 }), playing: fc.boolean() }), { maxLength: 40 }), (steps) => {
        const intervals = tracker()
        let now = 0
        for (const step of steps) {
          now += step.wait
          intervals.receive(at(step.to, { playing: step.playing }), now, now)
        }
        for (const found of intervals.drain()) {
          expect(found.to_ms).toBeGreaterThan(found.from_ms)
          // One allowance of a second per sample that was joined to the interval.
          expect(found.to_ms - found.from_ms).toBeLessThanOrEqual(found.wall_ms + 1000 * steps.length)
        }
      }),
    )
  })
})

describe('the queue of views', () => {
  const interval = (id: string): PlayedInterval => ({ id, from_ms: 0, to_ms: 1, started_utc_ms: 0, wall_ms: 1, speed: 1, visible: true, audible: true })

  it('drops the oldest above its bound, and counts them', () => {
    const queue = new ViewQueue()
    queue.add(Array.from({ length: LIMIT + 3 }, (_, n) => interval(String(n))))
    expect(queue.dropped).toBe(3)
    expect(queue.batch(1)[0]?.id).toBe('3')
  })

  it('keeps what was added while a batch was on its way', () => {
    const queue = new ViewQueue([{ interval: interval('a'), sent: false }])
    const batch = queue.batch()
    queue.add([interval('b')])
    queue.settle(batch)
    expect(queue.all().map((waiting) => waiting.interval.id)).toEqual(['b'])
  })

  const piece = (id: string, from: number, change: Partial<PlayedInterval> = {}): PlayedInterval => ({ id, from_ms: from, to_ms: from + 4_000, started_utc_ms: from, wall_ms: 4_000, speed: 1, visible: true, audible: true, ...change })

  it('holds an hour without network as one interval', () => {
    const queue = new ViewQueue()
    for (let at = 0; at < 3_600_000; at += 4_000) queue.add([piece(`i${at}`, at)])
    expect(queue.all()).toEqual([{ interval: { ...piece('i0', 0), to_ms: 3_600_000, wall_ms: 3_600_000 }, sent: false }])
    expect(queue.dropped).toBe(0)
  })

  it('changes nothing that was sent, or may have been', () => {
    const queue = new ViewQueue()
    queue.add([piece('a', 0)])
    queue.batch()
    queue.add([piece('b', 4_000)])
    expect(queue.all().map(({ interval }) => interval.id)).toEqual(['a', 'b'])
    queue.freeze()
    queue.add([piece('c', 8_000)])
    expect(queue.all().map(({ interval }) => [interval.id, interval.to_ms])).toEqual([['a', 4_000], ['b', 8_000], ['c', 12_000]])
  })

  it.each([
    ['a jump', { from_ms: 9_000, to_ms: 13_000 }],
    ['a break', { started_utc_ms: 5_000 }],
    ['another speed', { speed: 2 }],
    ['a hidden page', { visible: false }],
    ['silence', { audible: false }],
    ['captions', { captions: true }],
  ])('does not join over %s', (_what, change) => {
    const queue = new ViewQueue()
    queue.add([piece('a', 0), piece('b', 4_000, change)])
    expect(queue.all()).toHaveLength(2)
  })

  it('covers exactly what was played, however it is cut, sent and answered', () => {
    const cuts = fc.array(fc.record({ length: fc.integer({ min: 1, max: 9 }), then: fc.constantFrom('nothing', 'send', 'settle', 'freeze') }), { maxLength: 40 })
    fc.assert(
      fc.property(cuts, (steps) => {
        const queue = new ViewQueue()
        const got: PlayedInterval[] = []
        let at = 0
        for (const [n, { length, then }] of steps.entries()) {
          queue.add([piece(`i${n}`, at, { to_ms: at + length, wall_ms: length })])
          at += length
          if (then === 'freeze') queue.freeze()
          if (then === 'send') queue.batch(2)
          if (then !== 'settle') continue
          const batch = queue.batch(3)
          got.push(...batch)
          queue.settle(batch)
        }
        got.push(...queue.batch(500))
        const sorted = got.sort((a, b) => a.from_ms - b.from_ms)
        return sorted.every((one, n) => one.from_ms === (sorted[n - 1]?.to_ms ?? 0)) && (sorted.at(-1)?.to_ms ?? 0) === at
      }),
    )
  })
})

describe('parcels of views', () => {
  const DAY = 24 * 3_600_000
  const parcel = (change: Partial<Parcel> = {}): Parcel => ({ viewer: 'p', scope: 'account', medium: 'replay', id: 'r', version: 1, player: 'x', waiting: [], position: null, touchedUtcMs: 1_000 * DAY, left: false, ...change })

  it('are left behind when their page said so, or says nothing more', () => {
    expect([isLeftBehind(parcel(), 1_000 * DAY + 60_000), isLeftBehind(parcel(), 1_000 * DAY + 91_000), isLeftBehind(parcel({ left: true }), 1_000 * DAY), isLeftBehind(parcel(), 999 * DAY)]).toEqual([false, true, true, true])
  })

  it('are left behind at once where the browser says that their page is gone', () => {
    const now = 1_000 * DAY + 5_000
    expect([isLeftBehind(parcel(), now, new Set(['y'])), isLeftBehind(parcel(), now, new Set(['x'])), isLeftBehind(parcel(), now, null), isLeftBehind(parcel(), now + 90_000, new Set(['x']))]).toEqual([true, false, false, true])
  })

  it('are given up when they are unreadable, old, or too many', () => {
    const many = new Map<string, Parcel | null>(Array.from({ length: MOST_PARCELS + 2 }, (_, n) => [`n${n}`, parcel({ touchedUtcMs: 1_000 * DAY + n })]))
    expect(givenUp(many, 1_000 * DAY).sort()).toEqual(['n0', 'n1'])
    expect(givenUp(new Map([['bad', null], ['old', parcel({ touchedUtcMs: 900 * DAY })], ['new', parcel()]]), 1_000 * DAY).sort()).toEqual(['bad', 'old'])
  })

  it('are read back as they were written, and nothing else is', () => {
    const whole = parcel({ waiting: [{ interval: { id: 'i', from_ms: 0, to_ms: 1, started_utc_ms: 0, wall_ms: 1, speed: 1, visible: true, audible: false }, sent: true }], position: { positionMs: 1, utcMs: 2 } })
    expect(asParcel(JSON.parse(JSON.stringify(whole)))).toEqual(whole)
    for (const medium of ['replay', 'microcourse', 'group_recording'] as const) expect(asParcel({ ...whole, medium })).toEqual({ ...whole, medium })
    expect(asParcel({ ...whole, medium: 'film' })).toBe(null)
    for (const name of Object.keys(whole)) expect([name, asParcel({ ...whole, [name]: {} })]).toEqual([name, null])
    fc.assert(fc.property(fc.anything(), (found) => asParcel(found) === null))
  })
})
