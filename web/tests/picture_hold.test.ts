import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EntityStore } from '../src/core/entities'
import { LONGEST_MS, PictureHold } from '../src/core/picture_hold'
import type { Json, WireEvent } from '../src/core/wire'

type Entities = Record<string, Json>
const vectors = new URL('../../tests/vectors/class/', import.meta.url)

/** A viewer of the broadcast: the exact class, and what of it is shown. */
class Viewer {
  readonly exact: EntityStore
  readonly shown: EntityStore
  readonly hold = new PictureHold()

  constructor(before: Entities = {}) {
    this.exact = new Map(Object.entries(before))
    this.shown = new Map(Object.entries(before))
  }

  private put(path: string, value: Json | undefined): void {
    if (value === undefined) this.shown.delete(path)
    else this.shown.set(path, value)
  }

  change(path: string, value: Json | undefined, nowUtcMs: number): void {
    if (value === undefined) this.exact.delete(path)
    else this.exact.set(path, value)
    this.put(path, this.hold.receive(path, this.shown.get(path), value, nowUtcMs))
  }

  see(pictureUtcMs: number | null, nowUtcMs: number): void {
    for (const path of this.hold.release(pictureUtcMs, nowUtcMs)) this.put(path, this.hold.show(path, this.exact.get(path)))
  }
}

const poll = (rest: Entities = {}): Entities => ({ id: 'p', state: 'open', show: 'after_close', published: false, counts: null, right: null, explanation: null, voters: 3, ...rest })
const at = (viewer: Viewer, path: string): Entities | undefined => viewer.shown.get(path) as Entities | undefined

describe('what is seen seconds late', () => {
  it('a poll opens and closes at once; its solution waits for the picture', () => {
    const viewer = new Viewer()
    viewer.change('poll/p', poll(), 1_000)
    expect(at(viewer, 'poll/p')).toMatchObject({ state: 'open' })
    viewer.change('poll/p', poll({ state: 'closed', voters: 7, published: true, counts: [3, 4], right: [1], explanation: 'Because.' }), 9_000)
    expect(at(viewer, 'poll/p')).toMatchObject({ state: 'closed', voters: 7, published: false, counts: null, right: null, explanation: null })
    viewer.see(8_999, 14_000)
    expect(at(viewer, 'poll/p')?.['right']).toBeNull()
    viewer.see(9_000, 14_500)
    expect(viewer.shown).toEqual(viewer.exact)
  })

  it('counts that were live stay live', () => {
    const viewer = new Viewer()
    viewer.change('poll/p', poll({ show: 'live', counts: [1, 1] }), 1_000)
    viewer.change('poll/p', poll({ show: 'live', counts: [3, 4], state: 'closed', published: true, right: [1] }), 2_000)
    expect(at(viewer, 'poll/p')).toMatchObject({ counts: [3, 4], right: null, state: 'closed' })
  })

  it('winners and a final standing come with the picture, and go at once', () => {
    const viewer = new Viewer()
    for (const path of ['draw/d', 'standing/s']) {
      viewer.change(path, { id: 'x' }, 1_000)
      expect(viewer.shown.has(path)).toBe(false)
      viewer.see(1_000, 7_000)
      expect(viewer.shown.has(path)).toBe(true)
      viewer.change(path, undefined, 8_000)
      expect(viewer.shown.has(path)).toBe(false)
    }
  })

  it('the question of the moment changes with the picture; what is dismissed is gone at once', () => {
    const viewer = new Viewer()
    const question = (state: string): Entities => ({ id: 'q', text: 'Why?', state, votes: 1 })
    viewer.change('question/q', question('published'), 0)
    viewer.change('question/q', question('pinned'), 1_000)
    viewer.change('question/q', { ...question('pinned'), votes: 2 }, 2_000)
    expect(at(viewer, 'question/q')).toMatchObject({ state: 'published', votes: 2 })
    viewer.change('question/q', question('answered'), 3_000)
    viewer.see(1_500, 8_000)
    expect(at(viewer, 'question/q')?.['state']).toBe('pinned')
    viewer.change('question/q', question('dismissed'), 9_000)
    expect(at(viewer, 'question/q')?.['state']).toBe('dismissed')
    viewer.see(9_000, 15_000)
    expect(viewer.shown).toEqual(viewer.exact)
  })

  it('what was rewritten while it waited is shown as it was rewritten', () => {
    const viewer = new Viewer({ 'outcome/o': { text: 'first', shown: false } })
    viewer.change('outcome/o', { text: 'first', shown: true }, 1_000)
    viewer.change('outcome/o', { text: 'second', shown: true }, 2_000)
    viewer.change('outcome/o', { text: 'second', shown: false }, 3_000)
    viewer.see(1_000, 8_000)
    expect(at(viewer, 'outcome/o')).toEqual({ text: 'second', shown: true })
  })

  it('an aside is told of the picture that is seen', () => {
    const viewer = new Viewer()
    viewer.change('aside', true, 1_000)
    viewer.see(999, 1_500)
    expect(viewer.shown.has('aside')).toBe(false)
    viewer.see(1_000, 7_000)
    viewer.change('aside', undefined, 8_000)
    expect(viewer.shown.get('aside')).toBe(true)
    viewer.see(8_000, 14_000)
    expect(viewer.shown.has('aside')).toBe(false)
  })

  it('a picture that stands withholds nothing for long', () => {
    const viewer = new Viewer()
    viewer.change('draw/d', { id: 'd' }, 1_000)
    viewer.see(null, 1_000 + LONGEST_MS - 1)
    expect(viewer.shown.has('draw/d')).toBe(false)
    viewer.see(null, 1_000 + LONGEST_MS)
    expect(viewer.shown.has('draw/d')).toBe(true)
  })
})

describe('a class seen late', () => {
  it.each(readdirSync(vectors).filter((name) => name.endsWith('.json')))('is the fresh snapshot once the picture is there: %s', (file) => {
    const { viewers } = JSON.parse(readFileSync(new URL(file, vectors), 'utf8')) as { viewers: { before: Entities; events: WireEvent[]; after: Entities }[] }
    for (const { before, events, after } of viewers) {
      const viewer = new Viewer(before)
      for (const [number, event] of events.entries()) {
        for (const [path, entity] of event.put) viewer.change(path, entity ?? undefined, number * 100)
        viewer.see(number * 100 - 650, number * 100)
      }
      viewer.see(events.length * 100, events.length * 100)
      expect(Object.fromEntries(viewer.shown)).toEqual(after)
      expect(viewer.hold.held).toEqual([])
    }
  })

  const states = ['pending', 'published', 'pinned', 'answered', 'dismissed', 'merged'] as const
  const change = fc.oneof(
    fc.record({ path: fc.constantFrom('poll/a', 'poll/b'), entity: fc.option(fc.record({ state: fc.constantFrom('open', 'closed'), show: fc.constantFrom('live', 'after_close', 'staff_only'), published: fc.boolean(), counts: fc.option(fc.array(fc.nat(9), { minLength: 2, maxLength: 2 })), right: fc.option(fc.constant([1])), right_count: fc.constant(null), accepted: fc.constant(null), explanation: fc.constant(null), voters: fc.nat(9) })) }),
    fc.record({ path: fc.constantFrom('question/a'), entity: fc.option(fc.record({ state: fc.constantFrom(...states), votes: fc.nat(9) })) }),
    fc.record({ path: fc.constantFrom('draw/a', 'standing/a'), entity: fc.option(fc.record({ id: fc.nat(3) })) }),
    fc.record({ path: fc.constantFrom('outcome/a', 'group_pool/a'), entity: fc.option(fc.record({ shown: fc.boolean(), text: fc.nat(3) })) }),
    fc.record({ path: fc.constant('group_points'), entity: fc.option(fc.record({ shown: fc.boolean(), final: fc.boolean(), given: fc.nat(9) })) }),
    fc.record({ path: fc.constantFrom('checkin/a', 'hand/a', 'message/a', 'breakout'), entity: fc.option(fc.record({ state: fc.nat(3) })) }),
    fc.record({ path: fc.constant('aside'), entity: fc.option(fc.constant(true)) }),
  ) as fc.Arbitrary<{ path: string; entity: Json }>

  it('acts at once, gives nothing away, and is whole in the end', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(change, fc.nat(3_000))), fc.integer({ min: 0, max: 9_000 }), (changes, lateMs) => {
        const viewer = new Viewer()
        let now = 0
        for (const [{ path, entity }, after] of changes) {
          now += after
          viewer.see(now - lateMs, now)
          viewer.change(path, entity ?? undefined, now)
          for (const [place, exact] of viewer.exact) {
            const shown = at(viewer, place)
            if (/^(checkin|hand|message|breakout)/.test(place)) expect(shown).toEqual(exact)
            if (place.startsWith('poll')) expect([shown?.['state'], shown?.['voters']]).toEqual([(exact as Entities)['state'], (exact as Entities)['voters']])
            if (place.startsWith('question')) expect(shown?.['votes']).toBe((exact as Entities)['votes'])
          }
          // Nothing is shown of what is not there any more, but that what is seen is aside.
          for (const place of viewer.shown.keys()) if (place !== 'aside') expect(viewer.exact.has(place)).toBe(true)
        }
        viewer.see(now, now)
        expect(viewer.shown).toEqual(viewer.exact)
      }),
    )
  })
})

