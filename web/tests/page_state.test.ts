import { describe, expect, it } from 'vitest'
import { PageStateLog, pageStateOf, REPORT_EVERY_MS } from '../src/core/page_state'

describe('attention', () => {
  it('is in view, heard, or neither', () => {
    expect(pageStateOf({ hidden: false, audible: false })).toBe('watching')
    expect(pageStateOf({ hidden: true, audible: true })).toBe('listening')
    expect(pageStateOf({ hidden: true, audible: false })).toBe('away')
  })

  it('is told at once on a new connection, then at most every 21 seconds', () => {
    const log = new PageStateLog()
    log.note('away', 0)
    expect(log.dueInMs(0)).toBeNull()
    log.restart('watching', 1_000)
    expect(log.dueInMs(1_000)).toBe(0)
    expect(log.take(1_000)).toEqual([{ to: 'watching', ago_ms: 0 }])
    log.note('watching', 2_000)
    expect(log.dueInMs(2_000)).toBeNull()
    log.note('away', 3_000)
    expect(log.dueInMs(3_000)).toBe(REPORT_EVERY_MS - 2_000)
    log.note('watching', 9_000)
    expect(log.dueInMs(22_000)).toBe(0)
    expect(log.take(22_000)).toEqual([{ to: 'away', ago_ms: 19_000 }, { to: 'watching', ago_ms: 13_000 }])
  })

  it('keeps the newest changes of somebody who flips for ever', () => {
    const log = new PageStateLog()
    log.restart('watching', 0)
    for (let at = 1; at <= 40; at += 1) log.note(at % 2 === 0 ? 'watching' : 'away', at)
    const taken = log.take(40)
    expect(taken).toHaveLength(12)
    expect(taken.at(-1)).toEqual({ to: 'watching', ago_ms: 0 })
  })

  it('starts over with a new connection', () => {
    const log = new PageStateLog()
    log.restart('away', 0)
    log.take(0)
    log.restart('away', 5_000)
    expect(log.take(5_000)).toEqual([{ to: 'away', ago_ms: 0 }])
  })
})
