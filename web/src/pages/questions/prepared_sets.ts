/** Which sets a session uses, on the server. Whoever reads them waits for the changes that are under way: one may close the list and go live at once. */
import { api } from '../../rest/api'
import type { QuestionSet } from '../../rest/models'

let underWay: Promise<unknown> = Promise.resolve()

/** The sets of a session, as the last change here leaves them. */
export async function preparedSets(sessionId: string, bearer: string | null): Promise<readonly QuestionSet[]> {
  await underWay
  return (await api.preparedQuestions(sessionId, bearer)).items
}

/** Run changes one after the other: each begins with what the one before has left. `change` must not throw. */
export function inTurn(change: () => Promise<void>): void {
  underWay = underWay.then(change)
}
