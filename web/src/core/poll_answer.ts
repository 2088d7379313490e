/** Answers to polls of every kind, as a person is giving them, and what results come to. Pure. */
import type { Poll } from './wire'

export interface Answer {
  readonly picks: readonly number[]
  readonly text: string
}

export const NOTHING: Answer = { picks: [], text: '' }
/** A place in a matching that has no partner yet. */
export const NONE = -1

/** What a fresh form starts with: a ranking in the order given, a matching without partners. */
export function blank(poll: Poll): Answer {
  if (poll.kind === 'ranking') return { picks: poll.options.map((_, at) => at), text: '' }
  if (poll.kind === 'matching') return { picks: poll.options.map(() => NONE), text: '' }
  return NOTHING
}

/** Whether the server would take this answer. */
export function complete(poll: Poll, answer: Answer): boolean {
  switch (poll.kind) {
    case 'text':
      return answer.text.trim() !== ''
    case 'multiple':
      return answer.picks.length > 0 && answer.picks.length <= (poll.most ?? poll.options.length)
    case 'matching':
      return answer.picks.every((pick) => pick !== NONE) && new Set(answer.picks).size === answer.picks.length
    default:
      return answer.picks.length > 0
  }
}

export function toggled(answer: Answer, option: number): Answer {
  const picks = answer.picks.includes(option) ? answer.picks.filter((pick) => pick !== option) : [...answer.picks, option]
  return { ...answer, picks: picks.sort((a, b) => a - b) }
}

/** Moves the option at a place of a ranking up (-1) or down (1); at the ends nothing changes. */
export function moved(answer: Answer, place: number, by: -1 | 1): Answer {
  const picks = [...answer.picks]
  const [one, other] = [picks[place], picks[place + by]]
  if (one === undefined || other === undefined) return answer
  picks[place] = other
  picks[place + by] = one
  return { ...answer, picks }
}

/** Gives an option of a matching its partner, and takes that from whoever had it. */
export function paired(answer: Answer, option: number, partner: number): Answer {
  const picks = answer.picks.map((pick, at) => (at === option ? partner : pick === partner ? NONE : pick))
  return { ...answer, picks }
}

/** What `poll_vote` takes. */
export function voteOf(poll: Poll, answer: Answer): { id: string; picks?: number[]; text?: string } {
  return poll.kind === 'text' ? { id: poll.id, text: answer.text.trim() } : { id: poll.id, picks: [...answer.picks] }
}

export interface ResultRow {
  readonly label: string
  readonly count: number | null
  /** 0 to 100; null while results are not shown. */
  readonly share: number | null
  readonly right: boolean
  readonly mine: boolean
}

/** A result as bars: of a ranking the best first, of a matching how many paired each option rightly. */
export function resultRows(poll: Poll, mine: readonly number[]): ResultRow[] {
  const low = poll.low ?? 1
  const labels = poll.kind === 'rating' ? Array.from({ length: (poll.high ?? 5) - low + 1 }, (_, at) => String(low + at)) : poll.options.map((option) => option ?? '—')
  const whole = poll.kind === 'ranking' ? poll.voters * poll.options.length : poll.voters
  const rows = labels.map((label, at) => {
    const count = poll.counts?.[at] ?? null
    const partner = poll.kind === 'matching' ? poll.matches?.[poll.right?.[at] ?? NONE] : undefined
    return {
      label: partner ? `${label} → ${partner}` : label,
      count,
      share: count === null ? null : whole > 0 ? Math.round((count / whole) * 100) : 0,
      right: (poll.kind === 'single' || poll.kind === 'multiple') && (poll.right?.includes(at) ?? false),
      mine: poll.kind === 'rating' ? mine.includes(low + at) : (poll.kind === 'single' || poll.kind === 'multiple') && mine.includes(at),
    }
  })
  return poll.kind === 'ranking' && poll.counts ? [...rows].sort((a, b) => (b.count ?? 0) - (a.count ?? 0)) : rows
}

/** The mean of a rating, or null without one. */
export function meanRating(poll: Poll): number | null {
  const votes = poll.kind === 'rating' ? (poll.counts ?? []) : []
  const sum = votes.reduce((total, count) => total + count, 0)
  return sum > 0 ? votes.reduce((total, count, at) => total + count * ((poll.low ?? 1) + at), 0) / sum : null
}

/** The right order of a ranking, in words, once it is known. */
export function rightOrder(poll: Poll): string[] {
  return poll.kind === 'ranking' ? (poll.right ?? []).map((pick) => poll.options[pick] ?? '—') : []
}

/** Whether an answer was right, once that is known; null where nothing is right or wrong. A text is judged by the server alone. */
export function wasRight(poll: Poll, picks: readonly number[]): boolean | null {
  if (!poll.right || picks.length === 0) return null
  return poll.right.length === picks.length && poll.right.every((pick, at) => pick === picks[at])
}

/**
 * How many marks an answer gets where parts of it count (docs/data-dictionary.md, "Points"), once the right one is known; null where it is all or nothing.
 */
export function marksOf(poll: Poll, picks: readonly number[]): number | null {
  const right = poll.right
  if (!poll.full_marks || !right || picks.length === 0) return null
  if (poll.kind === 'matching') return right.filter((partner, at) => picks[at] === partner).length
  if (poll.kind === 'multiple') {
    const hits = picks.filter((pick) => right.includes(pick)).length
    return Math.max(0, hits - (picks.length - hits))
  }
  return picks.reduce((sum, one, at) => sum + picks.slice(at + 1).filter((other) => right.indexOf(one) < right.indexOf(other)).length, 0)
}

/** What everybody got on average, from 0 to 1, where parts count and it is shown. */
export function meanShare(poll: Poll): number | null {
  return poll.full_marks && poll.marks !== undefined && poll.marks !== null && poll.voters > 0 ? poll.marks / (poll.full_marks * poll.voters) : null
}

/** How many of the written answers are in the result, and of how many; null where all are. */
export function textsLeftOut(poll: Poll): { shown: number; of: number } | null {
  const of = poll.texts_total ?? 0
  const counted = (poll.text_counts ?? []).reduce((sum, count) => sum + count, 0)
  return poll.texts && counted < of ? { shown: poll.texts.length, of } : null
}

/** When a person's time is up: their own extension, else everybody's. */
export function closesFor(poll: Poll, own: number | undefined): number | null {
  return poll.closes_utc_ms === null ? null : Math.max(poll.closes_utc_ms, own ?? 0)
}
