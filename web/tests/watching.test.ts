import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SteadyClock } from '../src/core/steady_clock'
import { clockOf, type Parcel } from '../src/core/view_parcels'
import { PlayedIntervals, type PlayedInterval } from '../src/core/played_intervals'
import type { ViewReport } from '../src/rest/api'
import { Refusal } from '../src/rest/http'

const reports: ViewReport[] = []
let answer: () => Promise<{ accepted: number; refused: readonly { id: string; code: string }[]; furthest_ms?: number | null }>
vi.mock('../src/rest/api', () => ({
  api: {
    reportViews: (report: ViewReport) => {
      reports.push(report)
      return answer()
    },
  },
}))
const { Watching } = await import('../src/pages/replay/watching')

const DAY = 24 * 3_600_000
const HOUR = 3_600_000
const TRUE = Date.UTC(2026, 10, 23)
const WHAT = { medium: 'replay', id: 'film', version: 1, viewer: 'ann' } as const

/** A page: its device's clock, its storage, and the network. */
class Page {
  readonly stored = new Map<string, string>()
  visibility = 'visible'
  running = 0
  wall = TRUE

  constructor() {
    const stored = this.stored
    const storage = { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => void stored.set(key, value), removeItem: (key: string) => void stored.delete(key) }
    // `Object.keys` of a storage are its keys.
    vi.stubGlobal('localStorage', new Proxy(storage, { ownKeys: () => [...stored.keys()], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }) }))
    const visibility = (): string => this.visibility
    vi.stubGlobal('document', {
      get visibilityState() {
        return visibility()
      },
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    })
    vi.stubGlobal('addEventListener', () => undefined)
    vi.stubGlobal('removeEventListener', () => undefined)
    vi.stubGlobal('navigator', {})
    vi.spyOn(Date, 'now').mockImplementation(() => this.wall)
    vi.spyOn(performance, 'now').mockImplementation(() => this.running)
  }

  pass(ms: number): void {
    this.wall += ms
    this.running += ms
  }
}

const state = (positionMs: number, change = {}): Parameters<InstanceType<typeof Watching>['receive']>[0] => ({ positionMs, playing: true, waiting: false, speed: 1, muted: false, captions: false, inSmallWindow: false, ...change })

/** Plays for so long, a sample every quarter of a second. */
function plays(page: Page, watching: InstanceType<typeof Watching>, from: number, seconds: number): void {
  for (let at = 0; at < seconds * 1000; at += 250) {
    watching.receive(state(from + at))
    page.pass(250)
  }
  watching.receive(state(from + seconds * 1000))
}

const settled = async (): Promise<void> => vi.waitFor(() => expect(reports.length).toBeGreaterThan(0))
/** How long ago, when it was sent, an interval had begun. */
const ages = (report: ViewReport | undefined): number[] => (report?.intervals ?? []).map((one) => (report?.sent_utc_ms ?? NaN) - one.started_utc_ms)

beforeEach(() => {
  reports.length = 0
  answer = () => Promise.resolve({ accepted: 1, refused: [], furthest_ms: null })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('a clock for one page', () => {
  it('never goes back, and goes along forward', () => {
    let [wall, running] = [1_000_000, 0]
    const clock = new SteadyClock(() => wall, () => running)
    const pass = (ms: number): void => void ([wall, running] = [wall + ms, running + ms])
    pass(5_000)
    expect(clock.now()).toBe(1_005_000)
    wall -= HOUR
    expect(clock.now()).toBe(1_005_000)
    pass(5_000)
    expect([clock.now(), clock.byDevice(clock.now())]).toEqual([1_010_000, wall])
    wall += 8 * HOUR
    expect(clock.now()).toBe(1_010_000 + 8 * HOUR)
  })
})

describe('a report', () => {
  it.each([-300 * DAY, -HOUR, 0, 61_000, 30 * DAY])('says how long ago it was, by a clock that is %i ms fast', async (skew) => {
    const page = new Page()
    page.wall += skew
    const watching = new Watching(WHAT, null)
    plays(page, watching, 0, 10)
    page.pass(5_000)
    watching.close()
    await settled()
    expect(ages(reports[0])).toEqual([15_000])
    expect(reports[0]?.position_age_ms).toBe(5_000)
  })

  it.each([-40 * DAY, -HOUR])('keeps its age when the clock is set back by %i ms before it is sent', async (leap) => {
    const page = new Page()
    const watching = new Watching(WHAT, null)
    plays(page, watching, 0, 10)
    page.wall += leap
    plays(page, watching, 10_000, 10)
    watching.close()
    await settled()
    expect(ages(reports[0])).toEqual([20_000])
    expect(reports[0]?.intervals[0]?.to_ms).toBe(20_000)
  })

  it('begins anew after a leap forward, so that sleep is no part of what was played', async () => {
    const page = new Page()
    const watching = new Watching(WHAT, null)
    plays(page, watching, 0, 10)
    page.wall += 8 * HOUR
    plays(page, watching, 10_000, 10)
    watching.close()
    await settled()
    expect(ages(reports[0])).toEqual([8 * HOUR + 20_000, 10_000])
    expect(reports[0]?.intervals.map((one) => one.wall_ms)).toEqual([10_000, 10_000])
  })

  it('left behind keeps its age until the next page sends it, also when the clock was set back', async () => {
    for (const [leap, expected] of [[0, 100_000 + 10_000], [-DAY, 10_000]] as const) {
      const page = new Page()
      answer = () => Promise.reject(new Refusal('unreachable', '', 0))
      const first = new Watching(WHAT, null)
      plays(page, first, 0, 10)
      first.close()
      await vi.waitFor(() => expect(reports).toHaveLength(1))
      await Promise.resolve()
      reports.length = 0
      answer = () => Promise.resolve({ accepted: 1, refused: [], furthest_ms: null })
      page.pass(100_000)
      page.wall += leap
      const next = new Watching(WHAT, null)
      await settled()
      next.close()
      expect(ages(reports[0])).toEqual([expected])
      reports.length = 0
    }
  })

  it('says what can be seen and read: in a small window, whatever tab is in front', async () => {
    const page = new Page()
    const watching = new Watching(WHAT, null)
    const shown = [{}, { muted: true, captions: true }, { inSmallWindow: true }]
    for (const visibility of ['visible', 'hidden']) {
      page.visibility = visibility
      for (const change of shown) {
        reports.length = 0
        for (let at = 0; at < 2_000; at += 250) {
          watching.receive(state(page.running, change))
          page.pass(250)
        }
        watching.receive(state(page.running, { ...change, playing: false }))
        await settled()
        const { visible, audible, captions } = reports.at(-1)?.intervals.at(-1) ?? {}
        expect([visible, audible, captions]).toEqual([visibility === 'visible' || 'inSmallWindow' in change, !('muted' in change), 'captions' in change])
        page.pass(1_000)
      }
    }
    watching.close()
  })

  it('tells its page once the server does not count something, but not what the player says anyway', async () => {
    const page = new Page()
    const told = vi.fn()
    for (const [code, times] of [['skipped_ahead', 0], ['overlapping', 1]] as const) {
      reports.length = 0
      answer = () => Promise.resolve({ accepted: 0, refused: [{ id: 'x', code }], furthest_ms: null })
      const watching = new Watching(WHAT, null, undefined, told)
      plays(page, watching, 0, 10)
      watching.close()
      await settled()
      await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(times))
    }
    answer = () => Promise.reject(new Refusal('replay_not_found', '', 404))
    const refused = new Watching(WHAT, null, undefined, told)
    plays(page, refused, 0, 10)
    refused.close()
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(2))
  })
})

describe('the clock of a parcel', () => {
  const parcel = { touchedUtcMs: 1_000, touchedClockMs: 90_000 } as Parcel
  it('goes on with the device’s, never back; an old page’s is the device’s', () => {
    expect([clockOf(parcel, 3_000), clockOf(parcel, 0), clockOf({ touchedUtcMs: 1_000 } as Parcel, 3_000)]).toEqual([92_000, 90_000, 3_000])
  })
})

describe('played intervals', () => {
  it('are cut where the clock leaps, and go on at the moment that it shows then', () => {
    let n = 0
    const intervals = new PlayedIntervals(() => `i${(n += 1)}`)
    const sample = (positionMs: number): Parameters<PlayedIntervals['receive']>[0] => ({ positionMs, playing: true, speed: 1, visible: true, audible: true, captions: false })
    intervals.receive(sample(0), 0, 1_000_000)
    intervals.receive(sample(1_000), 1_000, 1_001_000)
    intervals.receive(sample(2_000), 2_000, 1_002_000 + HOUR)
    intervals.receive(sample(3_000), 3_000, 1_003_000 + HOUR)
    const found: PlayedInterval[] = intervals.drain()
    expect(found.map((one) => [one.from_ms, one.to_ms, one.started_utc_ms])).toEqual([[0, 2_000, 1_000_000], [2_000, 3_000, 1_002_000 + HOUR]])
  })
})
