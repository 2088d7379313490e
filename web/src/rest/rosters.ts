/** The routes of `/api/v1` about who should come to a lesson, apart from the others: no page of a lesson loads them. */
import { request } from './http'
import type { FoundPerson } from '../core/choosing'

const of = (session: string): string => `/api/v1/sessions/${session}/roster`

export const rosters = {
  list: (session: string) => request<{ readonly items: readonly FoundPerson[] }>('GET', of(session)),
  /** The reason is needed once the lesson is over. */
  add: (session: string, number: string, reason: string) => request<FoundPerson>('POST', `${of(session)}/people`, { body: { external_id: number, reason } }),
  takeOff: (session: string, person: string, reason: string) => request<null>('DELETE', `${of(session)}/${person}`, { body: { reason } }),
}
