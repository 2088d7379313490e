/** Who is here of those who should be, as HR counts: people, and of a roster its own. */
import type { Participant } from './wire'

export interface Headcount {
  /** Learners who are here, of the roster if there is one. */
  readonly here: number
  /** The roster, or all learners who came where there is none. */
  readonly total: number
  /** Learners who are here and whom the roster does not name. */
  readonly besides: number
}

/** Count learners; `roster` is how many people it names, 0 where there is none. Pure. */
export function headcount(participants: readonly Participant[], roster: number): Headcount {
  const learners = participants.filter((person) => person.role === 'learner')
  const here = learners.filter((person) => person.online)
  if (roster === 0) return { here: here.length, total: learners.length, besides: 0 }
  const listed = here.filter((person) => person.expected === true).length
  return { here: listed, total: roster, besides: here.length - listed }
}
