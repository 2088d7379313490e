import { describe, expect, it } from 'vitest'
import { askedToo, bySection, droppedAt, forLearner, isLifted, matching, tagsOf } from '../src/core/questions'
import type { Question } from '../src/core/wire'

const question = (id: string, state: Question['state'], more: Partial<Question> = {}): Question => ({
  id, state, text: `about ${id}`, author: null, anonymous: false, votes: 0, askers: 1, merged: [], answer: null, reworded: false, into: null, start_ms: null, end_ms: null, created_utc_ms: 1, ...more,
})

describe('questions', () => {
  it('stand for a learner as they matter: the turn, what waits, by votes, done', () => {
    const list = [question('done', 'answered'), question('few', 'published', { votes: 1 }), question('many', 'published', { votes: 4 }), question('mine', 'pending'), question('now', 'pinned')]
    expect(forLearner(list, new Map()).map((each) => each.id)).toEqual(['now', 'mine', 'many', 'few', 'done'])
  })

  it('that were merged show only while the other one is hidden', () => {
    const store = new Map([['my/question/a', true], ['my/question/b', true]])
    const list = [question('a', 'merged', { into: 'x' }), question('b', 'merged'), question('c', 'merged')]
    expect(forLearner(list, store).map((each) => each.id)).toEqual(['b'])
  })

  it('know a vote and an asker of whatever was merged into them', () => {
    const whole = question('x', 'published', { merged: ['a'] })
    const store = new Map([['my/upvote/a', true], ['my/question/a', true]])
    expect([isLifted(store, whole), askedToo(store, whole), isLifted(new Map(), whole), askedToo(new Map(), whole)]).toEqual([true, true, false, false])
  })

  it('are found by words, tags and speakers', () => {
    const notes = new Map([['a', { id: 'a', tags: ['Press'], speaker: 'Dr. Wang' }]])
    const find = (search: string): string[] => matching([question('a', 'pending'), question('b', 'pending')], (id) => notes.get(id), search).map((each) => each.id)
    expect([find('wang press'), find('about'), find('nothing'), find(' ')]).toEqual([['a'], ['a', 'b'], [], ['a', 'b']])
  })

  it('are grouped in the order of the desk, without empty groups', () => {
    expect(bySection([question('a', 'dismissed'), question('b', 'pending')]).map((section) => section.state)).toEqual(['pending', 'dismissed'])
  })

  it('are dropped inside the run', () => {
    const run = ['a', 'b', 'c']
    expect([droppedAt(run, 'a', 2), droppedAt(run, 'a', 9), droppedAt(run, 'b', 1), droppedAt(run, 'new', 9), droppedAt(run, 'c', -1)]).toEqual([2, 2, null, 3, 0])
  })

  it('take tags as people type them', () => expect(tagsOf('安全，冲压、 press, press;')).toEqual(['安全', '冲压', 'press']))
})
