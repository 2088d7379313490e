import { describe, expect, it } from 'vitest'
import { linkTable, step as linkStep, type LinkEvent } from '../src/core/class_link_state'
import { mediaTable, proofMs, step as mediaStep, type MediaEvent, type MediaPath } from '../src/core/media_path_state'

/** Walks a table and returns the end and all effects on the way. */
function walk<S extends string, E extends string, F>(step: (state: S, event: E) => { target: S; effects: readonly F[] }, start: S, events: readonly E[]): { end: S; effects: F[] } {
  const effects: F[] = []
  let state = start
  for (const event of events) {
    const edge = step(state, event)
    effects.push(...edge.effects)
    state = edge.target
  }
  return { end: state, effects }
}

/** Every state that can be reached from `start`. */
function reachable<S extends string>(table: Readonly<Record<S, object>>, start: S): Set<S> {
  const seen = new Set<S>([start])
  for (const state of seen) for (const edge of Object.values(table[state]) as { target: S }[]) seen.add(edge.target)
  return seen
}

describe('class link', () => {
  const go = (...events: LinkEvent[]) => walk(linkStep, 'absent', events)

  it('reaches every state', () => expect(reachable(linkTable, 'absent').size).toBe(Object.keys(linkTable).length))

  it('joins, drops, and comes back with commands and media', () => {
    const { end, effects } = go('open', 'welcomed', 'dropped', 'attempted', 'attempted', 'welcomed')
    expect(end).toBe('joined')
    expect(effects).toEqual(['connect', 'replay_commands', 'start_media', 'pause_media', 'count_attempt', 'count_attempt', 'replay_commands', 'start_media'])
  })

  it('does not ask for media again when a resync answers while joined', () => {
    expect(go('open', 'welcomed', 'welcomed').effects.filter((effect) => effect === 'start_media')).toHaveLength(1)
  })

  it('is over for good', () => {
    const { end, effects } = go('open', 'welcomed', 'ended', 'open', 'welcomed', 'closed')
    expect(end).toBe('over')
    expect(effects).toEqual(['connect', 'replay_commands', 'start_media', 'stop_media', 'disconnect'])
  })

  it('can be opened again after a refusal (consent given)', () => expect(go('open', 'refused', 'open', 'welcomed').end).toBe('joined'))

  it('stops media when a return is refused', () => expect(go('open', 'welcomed', 'dropped', 'refused').effects).toContain('stop_media'))

  it('ignores what a state does not know', () => expect(go('welcomed', 'dropped', 'ended')).toEqual({ end: 'absent', effects: [] }))
})

describe('media path', () => {
  const go = (...events: MediaEvent[]) => walk(mediaStep, 'off', events)

  it('reaches every state', () => expect(reachable(mediaTable, 'off').size).toBe(Object.keys(mediaTable).length))

  it('goes real-time without a detour', () => expect(go('wanted', 'connected')).toEqual({ end: 'realtime', effects: ['offer', 'arm_patience', 'disarm_patience'] }))

  it('falls back to broadcast when patience is over, and returns', () => {
    expect(go('wanted', 'failed', 'retry_due', 'patience_over').end).toBe('broadcast')
    const { end, effects } = go('wanted', 'patience_over', 'retry_due', 'failed', 'retry_due', 'connected', 'proved')
    expect(end).toBe('realtime')
    expect(effects.at(-1)).toBe('stop_broadcast')
    expect(effects.filter((effect) => effect === 'offer')).toHaveLength(3)
  })

  it('makes a new offer at once when real-time breaks', () => expect(go('wanted', 'connected', 'failed')).toMatchObject({ end: 'recovering', effects: ['offer', 'arm_patience', 'disarm_patience', 'offer', 'arm_patience'] }))

  it('looks for a new way before it makes a new transport', () => {
    expect(go('wanted', 'connected', 'shaken', 'connected')).toEqual({ end: 'realtime', effects: ['offer', 'arm_patience', 'disarm_patience', 'restart', 'arm_patience', 'disarm_patience'] })
    expect(go('wanted', 'connected', 'shaken', 'shaken', 'failed')).toMatchObject({ end: 'recovering' })
    expect(go('wanted', 'connected', 'wanted', 'patience_over').end).toBe('broadcast')
  })

  it('does not restart what is not there yet', () => {
    for (const state of ['off', 'connecting', 'recovering', 'broadcast'] as const) expect(mediaStep(state, 'shaken')).toEqual({ target: state, effects: [] })
  })

  it('goes back to real-time only once that has held', () => {
    expect(go('wanted', 'patience_over', 'retry_due', 'connected')).toMatchObject({ end: 'proving' })
    for (const lost of ['shaken', 'failed'] as const) {
      const { end, effects } = go('wanted', 'patience_over', 'retry_due', 'connected', lost)
      expect([end, effects.at(-1)]).toEqual(['broadcast', 'arm_retry'])
      expect(effects).not.toContain('stop_broadcast')
    }
  })

  it('waits longer, the more often the picture changed over lately', () => {
    const minute = 60_000
    expect([[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3, 4, 5, 6, 7]].map((at) => proofMs(at, minute))).toEqual([2_000, 2_000, 4_000, 8_000, 60_000])
    expect(proofMs([0, 1, 2, 3], 11 * minute)).toBe(2_000)
  })

  it.each(Object.keys(mediaTable).filter((state) => state !== 'off') as MediaPath[])('can be stopped in %s', (state) => {
    expect(mediaStep(state, 'unwanted').target).toBe('off')
    expect(mediaStep(state, 'unwanted').effects).toContain('close')
  })

  it('never leaves a failing state without a next try', () => {
    for (const state of ['connecting', 'restarting', 'recovering', 'broadcast', 'proving'] as const) {
      const { effects } = mediaStep(state, 'failed')
      expect(effects.some((effect) => effect === 'arm_retry' || effect === 'offer')).toBe(true)
    }
  })
})
