import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { all, apply, one, replace, snapshot, WatchedStore, type EntityStore } from '../src/core/entities'
import type { Json, WireEvent } from '../src/core/wire'

const vectors = new URL('../../tests/vectors/', import.meta.url)
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, vectors), 'utf8'))
type Entities = Record<string, Json>

describe('apply, by the vectors that Python shares', () => {
  const { cases } = read('entities.json') as { cases: { name: string; before: Entities; events: WireEvent[]; after: Entities }[] }
  it.each(cases)('$name', ({ before, events, after }) => {
    const store: EntityStore = new Map(Object.entries(before))
    for (const event of events) apply(store, event)
    expect(store).toEqual(new Map(Object.entries(after)))
  })
})

describe('what the real class sends', () => {
  const files = readdirSync(new URL('class/', vectors)).filter((name) => name.endsWith('.json'))
  it('has vectors', () => expect(files.length).toBeGreaterThan(0))
  it.each(files)('snapshot + events equals a fresh snapshot: %s', (file) => {
    const { viewers } = read(`class/${file}`) as { viewers: { viewer: string; before: Entities; events: WireEvent[]; after: Entities }[] }
    expect(viewers.length).toBeGreaterThan(0)
    for (const { before, events, after } of viewers) {
      const store: EntityStore = new Map(Object.entries(before))
      for (const event of events) apply(store, event)
      expect(snapshot(store)).toEqual(after)
    }
  })
})

const entities = fc.dictionary(fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'), fc.jsonValue().filter((value) => value !== null)) as fc.Arbitrary<Entities>

it('replace makes the store equal to the snapshot, whatever was there', () => {
  fc.assert(
    fc.property(entities, entities, (before, after) => {
      const store: EntityStore = new Map(Object.entries(before))
      replace(store, after)
      expect(store).toEqual(new Map(Object.entries(after)))
    }),
  )
})

it('finds entities by kind, without mixing prefixes', () => {
  const store: EntityStore = new Map<string, Json>([
    ['hand/a', { participant: 'a', raised_utc_ms: 1, granted: false }],
    ['handover/a', 1],
    ['my/vote/v1', { option: 0 }],
  ])
  expect(all(store, 'hand')).toEqual([{ participant: 'a', raised_utc_ms: 1, granted: false }])
  expect(one(store, 'my/vote', 'v1')).toEqual({ option: 0 })
  expect(one(store, 'my/vote', 'v2')).toBeUndefined()
})

it('a watched store tells of every change, so that a copy is the same', () => {
  fc.assert(
    fc.property(entities, entities, (before, after) => {
      const copy = new Map<string, Json>()
      const store = new WatchedStore((path, entity) => (entity === undefined ? copy.delete(path) : copy.set(path, entity)))
      replace(store, before)
      replace(store, after)
      expect(copy).toEqual(new Map(store))
      expect(copy).toEqual(new Map(Object.entries(after)))
    }),
  )
})
