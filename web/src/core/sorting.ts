/** Questions that groups sort: put together, counted, shared out. */
import { all, one, type EntityStore } from './entities'
import type { Clarification, GroupPool, GroupQuestion } from './wire'

export const VOTES_EACH = 5
export const TOP_MOST = 3

/** The questions of a group, in the order in which it got them. */
export function questionsOf(store: EntityStore, pool: GroupPool): GroupQuestion[] {
  return pool.questions.flatMap((id) => one(store, 'group_question', `${pool.id}/${id}`) ?? [])
}

/** How many votes this person has given in a group. */
export function votesGiven(store: EntityStore, pool: GroupPool): number {
  return pool.questions.filter((id) => store.get(`my/group_vote/${pool.id}/${id}`) === true).length
}

export interface ClassOfQuestions {
  readonly id: string | null
  readonly name: string | null
  readonly items: readonly GroupQuestion[]
}

/** Every class that holds something, the wanted questions first; what is in no class comes last. */
export function byClass(pool: GroupPool, questions: readonly GroupQuestion[]): ClassOfQuestions[] {
  const classes = [...pool.classes.map(({ id, name }) => ({ id, name })), { id: null, name: null }]
  const sorted = [...questions].sort((a, b) => b.votes - a.votes)
  return classes.map(({ id, name }) => ({ id, name, items: sorted.filter((question) => question.class === id) })).filter((each) => each.items.length > 0)
}

/** What a planned group is given, as `breakout_open` wants it. */
export interface PlannedWork extends Record<string, boolean | string[]> {
  readonly pool: boolean
  readonly questions: string[]
  readonly classes: string[]
}

/** Shares ids out among `count` groups, one after the other, so that the sizes differ by at most one. */
export function sharedOut(ids: readonly string[], count: number): string[][] {
  return Array.from({ length: count }, (_, group) => ids.filter((_id, at) => at % count === group))
}

export interface SaidByGroup extends Clarification {
  readonly group: string | null
}

/** What all groups wrote to make a question clearer, the earliest first. */
export function saidByGroups(store: EntityStore, question: string): SaidByGroup[] {
  return all(store, 'group_pool')
    .flatMap((pool) => (one(store, 'group_question', `${pool.id}/${question}`)?.clarifications ?? []).map((said) => ({ ...said, group: pool.name })))
    .sort((a, b) => a.utc_ms - b.utc_ms)
}
