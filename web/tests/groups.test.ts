import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { replace, type EntityStore } from '../src/core/entities'
import { breakoutOf, groupsBy, groupsFromList, groupWith, opening, peopleIn, sharesOf, withLinks } from '../src/core/groups'
import type { Json } from '../src/core/wire'

const people = [{ id: 'a', name: 'Li Wei' }, { id: 'b', name: '王芳' }, { id: 'c', name: 'Li Wei' }]

describe('groups by department', () => {
  it('names each group, those without one last', () => {
    const words: Record<string, string | null> = { a: 'Sales', b: null, c: 'Legal', d: 'Sales' }
    expect(groupsBy(['a', 'b', 'c', 'd'], (id) => words[id] ?? null, 'none')).toEqual({ names: ['Legal', 'Sales', 'none'], members: [['c'], ['a', 'd'], ['b']] })
  })
})

describe('groups out of a list', () => {
  it('takes commas, tabs, full-width signs and quotes; people of one name each once', () => {
    const plan = groupsFromList('li wei,A\n王芳，B\r\n"Li Wei"\t"A"\n\n', people)
    expect(plan).toEqual({ names: ['A', 'B'], members: [['a', 'c'], ['b']], unknown: [] })
  })
  it('says which lines name nobody, nobody any more, or no group', () => {
    const plan = groupsFromList('name,group\n王芳,A\n王芳,B\nLi Wei', people)
    expect(plan.members).toEqual([['b']])
    expect(plan.unknown).toEqual(['name,group', '王芳,B', 'Li Wei'])
  })
})

describe('who goes where when groups open', () => {
  const learner = (id: string, online = true): { readonly id: string; readonly online: boolean } => ({ id, online })
  it('keeps the place of somebody whose connection broke in just that moment', () => {
    expect(opening([['a'], ['b']], [learner('a'), learner('b', false)], new Set())).toEqual({ members: [['a'], ['b']], staying: [] })
  })
  it('drops who was sent out: they are nobody of this class any more', () => {
    expect(opening([['a', 'gone']], [learner('a')], new Set()).members).toEqual([['a']])
  })
  it('leaves alone who is in no group, and places who left before when they come back', () => {
    const class_ = [learner('a'), learner('here'), learner('aside', false), learner('left', false)]
    expect(opening([['a']], class_, new Set(['aside'])).staying).toEqual(['here', 'aside'])
  })
})

describe('links in material', () => {
  it('draws web addresses alone, without the stop behind them', () => {
    expect(withLinks('See https://a.example/x?y=1, javascript:alert(1)')).toEqual([
      { text: 'See ', href: null },
      { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
      { text: ', javascript:alert(1)', href: null },
    ])
  })
})

describe('the breakout put together', () => {
  const { viewers } = JSON.parse(readFileSync(new URL('../../tests/vectors/class/breakout.json', import.meta.url), 'utf8')) as {
    viewers: { viewer: string; events: { put: [string, Json | null][] }[] }[]
  }
  const visited = viewers[0]?.events.flatMap((event) => event.put).filter(([path]) => path === 'breakout' || path.startsWith('group/')) ?? []
  it('has groups in order, and counts a visitor where the visit is', () => {
    const store: EntityStore = new Map()
    for (const [path, entity] of visited) {
      if (entity !== null) store.set(path, entity)
      const state = store.get('breakout') as { visits: Record<string, string> } | undefined
      if (state && Object.keys(state.visits).length > 0) break
    }
    const breakout = breakoutOf(store)
    expect(breakout.groups.map((group) => group.name)).toEqual(['One', 'Two'])
    const [one, two] = breakout.groups
    if (!one || !two) throw new Error('two groups')
    expect(peopleIn(breakout, one)).toEqual(['l1', 'l2', 'h'])
    expect(peopleIn(breakout, two)).toEqual([])
    expect(groupWith(breakout, 'h')).toBe(one)
    expect(groupWith(breakout, 'l3')).toBeNull()
  })
  it('is closed where there is none', () => {
    const store: EntityStore = new Map()
    replace(store, {})
    expect(breakoutOf(store).state).toBe('none')
    expect(groupWith(breakoutOf(store), 'l1')).toBeNull()
  })
})

describe('who took part how much', () => {
  const member = (messages: number, answers: number, notes_chars: number): { messages: number; answers: number; notes_chars: number } => ({ messages, answers, notes_chars })
  it('weighs each kind the same, beside whoever did most', () => {
    expect(sharesOf([member(10, 0, 0), member(0, 0, 500), member(0, 0, 500)])).toEqual([100, 50, 50])
    expect(sharesOf([member(0, 0, 0), member(0, 0, 0)])).toEqual([0, 0])
    expect(sharesOf([])).toEqual([])
  })
})
