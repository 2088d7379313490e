/** Questions as lists: what a learner sees in which order, what staff have to decide, how long the run takes. */
import type { Json, PoolNote, Question } from './wire'

/** What an answer takes where nothing better is known: 30 answers in four and a half hours. */
export const MINUTES_EACH = 9

export const SECTIONS = ['pinned', 'pending', 'published', 'answered', 'dismissed', 'merged'] as const
export type Section = (typeof SECTIONS)[number]

const RANK: Readonly<Record<Question['state'], number>> = { pinned: 0, pending: 1, published: 2, answered: 3, merged: 4, dismissed: 5 }

export function isMine(store: ReadonlyMap<string, Json>, question: Question): boolean {
  return store.get(`my/question/${question.id}`) === true
}

/** Whether this person asked it, or something that was merged into it. */
export function askedToo(store: ReadonlyMap<string, Json>, question: Question): boolean {
  return isMine(store, question) || question.merged.some((id) => store.get(`my/question/${id}`) === true)
}

/** Whether this person's vote counts for it, wherever it was given. */
export function isLifted(store: ReadonlyMap<string, Json>, question: Question): boolean {
  return [question.id, ...question.merged].some((id) => store.get(`my/upvote/${id}`) === true)
}

/** The list of a learner: the one whose turn it is, one's own that wait, what can be voted for, what was answered. */
export function forLearner(questions: readonly Question[], store: ReadonlyMap<string, Json>): Question[] {
  // One's own question that was merged is seen in the other one; while that one is hidden it still waits.
  const seen = questions.filter((question) => question.state !== 'merged' || (question.into === null && isMine(store, question)))
  return seen.sort((a, b) => RANK[a.state] - RANK[b.state] || b.votes - a.votes || a.created_utc_ms - b.created_utc_ms)
}

/** Questions whose words, tags or speaker contain all words of `search`. */
export function matching(questions: readonly Question[], noteOf: (id: string) => PoolNote | undefined, search: string): Question[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== '')
  return questions.filter((question) => {
    const note = noteOf(question.id)
    const hay = [question.text ?? '', ...(note?.tags ?? []), note?.speaker ?? ''].join('\n').toLowerCase()
    return words.every((word) => hay.includes(word))
  })
}

export function bySection(questions: readonly Question[]): { state: Section; items: Question[] }[] {
  return SECTIONS.map((state) => ({ state, items: questions.filter((question) => question.state === state) })).filter((section) => section.items.length > 0)
}

/** Where a question that is dragged onto the row at `to` has to be placed; null when nothing changes. */
export function droppedAt(run: readonly string[], id: string, to: number): number | null {
  const from = run.indexOf(id)
  const at = Math.max(0, Math.min(to, from < 0 ? run.length : run.length - 1))
  return at === from ? null : at
}

/** Tags as people type them: separated by commas of any script. */
export function tagsOf(text: string): string[] {
  return [...new Set(text.split(/[,，、;；\n]/).map((tag) => tag.trim()).filter((tag) => tag !== ''))]
}
