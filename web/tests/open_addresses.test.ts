import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepOpen, openAddresses } from '../src/media/open_addresses'
import { Refusal } from '../src/rest/http'

const HOUR_MS = 3_600_000
const TTL_MS = 12 * HOUR_MS

describe('a page that stays open for three days', () => {
  const heard = new Map<string, () => void>()
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_795_000_000_000 })
    vi.stubGlobal('document', { visibilityState: 'visible', addEventListener: (name: string, act: () => void) => heard.set(name, act), removeEventListener: (name: string) => heard.delete(name) })
    vi.stubGlobal('addEventListener', (name: string, act: () => void) => heard.set(name, act))
    vi.stubGlobal('removeEventListener', (name: string) => heard.delete(name))
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  let made = 0
  const medium = (): { program_url: string; until_utc_ms: number; version: number } => ({ program_url: `/play/k.${(made += 1)}.x/program.m3u8`, until_utc_ms: Date.now() + TTL_MS, version: 1 })

  it('always has addresses that live', async () => {
    const first = medium()
    let last = first
    const { end: stop } = keepOpen(first, () => Promise.resolve((last = medium())))
    for (let hour = 0; hour < 72; hour += 1) {
      await vi.advanceTimersByTimeAsync(HOUR_MS)
      expect(last.until_utc_ms).toBeGreaterThan(Date.now())
      expect(openAddresses.renewed(first.program_url.replace('program', 'segment'))).toBe(last.program_url.replace('program', 'segment'))
    }
    const before = last
    stop()
    await vi.advanceTimersByTimeAsync(24 * HOUR_MS)
    expect(last).toBe(before)
    expect(heard.size).toBe(0)
  })

  it('asks on through a network that is gone, and stops hurrying nobody', async () => {
    const first = medium()
    let asked = 0
    const { end: stop } = keepOpen(first, () => {
      asked += 1
      return asked < 5 ? Promise.reject(new Error('unreachable')) : Promise.resolve(medium())
    })
    await vi.advanceTimersByTimeAsync(TTL_MS)
    expect(asked).toBeGreaterThanOrEqual(5)
    expect(asked).toBeLessThan(20)
    expect(openAddresses.renewed(first.program_url)).not.toBe(first.program_url)
    stop()
  })

  it('goes on with the version that it plays', async () => {
    const first = medium()
    const { end: stop } = keepOpen(first, () => Promise.resolve({ ...medium(), version: 2 }))
    await vi.advanceTimersByTimeAsync(TTL_MS)
    expect(openAddresses.renewed(first.program_url)).toBe(first.program_url)
    stop()
  })

  it('asks no more when the right is gone, or the addresses are', async () => {
    for (const [error, most] of [[new Refusal('replay_held', 'held', 409), 1], [new Error('unreachable'), 1000]] as const) {
      let asked = 0
      keepOpen(medium(), () => {
        asked += 1
        return Promise.reject(error)
      })
      await vi.advanceTimersByTimeAsync(TTL_MS + HOUR_MS)
      expect(asked).toBeLessThanOrEqual(most)
      const until = asked
      await vi.advanceTimersByTimeAsync(72 * HOUR_MS)
      expect(asked).toBe(until)
    }
  })

  it('asks at once when it wakes up too late', async () => {
    const first = medium()
    let asked = 0
    const { end: stop } = keepOpen(first, () => {
      asked += 1
      return Promise.resolve(medium())
    })
    heard.get('visibilitychange')?.()
    expect(asked).toBe(0)
    vi.setSystemTime(Date.now() + 2 * TTL_MS)
    heard.get('visibilitychange')?.()
    await vi.advanceTimersByTimeAsync(0)
    expect(asked).toBe(1)
    stop()
  })

  it.each([
    ['deleted', 'replay_deleted', 410, true],
    ['held', 'replay_held', 409, true],
    ['its time is over', 'replay_over', 409, true],
    ['not for this viewer any more, while the addresses last', 'replay_not_found', 404, false],
    ['signed out, and perhaps in again', 'unauthenticated', 401, false],
    ['a server that is away', 'storage_unavailable', 503, false],
  ] as const)('says at the next renewal what closes it at once: %s', async (_name, code, status, told) => {
    const said: string[] = []
    const { end } = keepOpen(medium(), () => Promise.reject(new Refusal(code, '', status)), (why) => said.push(why.code))
    await vi.advanceTimersByTimeAsync(TTL_MS)
    expect(said).toEqual(told ? [code] : [])
    end()
  })

  it('says nothing to a page that was left while it asked', async () => {
    const said: string[] = []
    let refuse: (why: Refusal) => void = () => undefined
    const { end } = keepOpen(medium(), () => new Promise((_, reject) => (refuse = reject)), (why) => said.push(why.code))
    await vi.advanceTimersByTimeAsync(TTL_MS)
    end()
    refuse(new Refusal('replay_deleted', '', 410))
    await vi.advanceTimersByTimeAsync(0)
    expect(said).toEqual([])
  })

  it('asks when a player fails: newer addresses, or why not', async () => {
    const first = medium()
    let answer: () => Promise<ReturnType<typeof medium>> = () => Promise.resolve(medium())
    const { ask, end } = keepOpen(first, () => answer())
    await ask()
    expect(openAddresses.renewed(first.program_url)).not.toBe(first.program_url)
    answer = () => Promise.reject(new Refusal('replay_deleted', '', 410))
    await expect(ask()).rejects.toMatchObject({ code: 'replay_deleted' })
    end()
  })
})
