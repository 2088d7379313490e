import { describe, expect, it } from 'vitest'
import { byClass, questionsOf, sharedOut, votesGiven } from '../src/core/sorting'
import type { GroupPool, GroupQuestion, Json } from '../src/core/wire'

const pool: GroupPool = {
  id: 'g', name: 'One', state: 'open', classes: [{ id: 'a', name: 'Price', own: false }, { id: 'b', name: 'Press', own: true }],
  questions: ['1', '2', '3', 'gone'], top: [], shown: false, taken: false, utc_ms: 0, brought: null,
}
const question = (id: string, votes: number, into: string | null): GroupQuestion => ({ id, group: 'g', text: id, author: null, class: into, votes, clarifications: [] })
const questions = [question('1', 0, 'b'), question('2', 3, 'b'), question('3', 1, null)]

describe('questions that groups sort', () => {
  it('keep the order in which the group got them', () => {
    const store = new Map<string, Json>(questions.map((each) => [`group_question/g/${each.id}`, each as unknown as Json]))
    store.set('my/group_vote/g/2', true).set('my/group_vote/h/1', true)
    expect(questionsOf(store, pool).map(({ id }) => id)).toEqual(['1', '2', '3'])
    expect(votesGiven(store, pool)).toBe(1)
  })

  it('stand by class, the wanted first, those without one last', () => {
    expect(byClass(pool, questions).map((each) => [each.name, each.items.map(({ id }) => id)])).toEqual([['Press', ['2', '1']], [null, ['3']]])
  })

  it('are shared out so that sizes differ by at most one, each question once', () => {
    for (const count of [1, 2, 3, 7]) {
      const groups = sharedOut(['1', '2', '3', '4', '5'], count)
      const sizes = groups.map((group) => group.length)
      expect(groups.flat().sort()).toEqual(['1', '2', '3', '4', '5'])
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  })
})
