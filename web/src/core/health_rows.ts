/** Connection troubles as the host reads them: who first, who can be told what to do. */
import type { HealthNote, Participant, Trouble } from './wire'

export interface HealthRow {
  readonly key: string
  readonly participant: string
  readonly code: Trouble
  /** Session time at which it began. */
  readonly sinceMs: number
  /** Still in the class: somebody who can be told what to do. */
  readonly here: boolean
}

/** The rows: leaders first, for their trouble is everybody's; then in the order in which they began. */
export function healthRows(notes: readonly HealthNote[], people: readonly Participant[]): HealthRow[] {
  const known = new Map(people.map((person) => [person.id, person]))
  const rank = (row: HealthRow): number => (known.get(row.participant)?.role === 'learner' ? 1 : 0)
  return notes
    .flatMap(({ participant, troubles }) => troubles.map(({ code, since_ms: sinceMs }) => ({ key: `${participant}/${code}`, participant, code, sinceMs, here: known.get(participant)?.online === true })))
    .sort((a, b) => rank(a) - rank(b) || a.sinceMs - b.sinceMs)
}
