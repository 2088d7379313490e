/** The routes of `/api/v1` about links that are made for somebody. */
import { request } from './http'
import type { Page } from './models'

export const LINK_ROLES = ['learner', 'host', 'presenter', 'screen'] as const
export type LinkRole = (typeof LINK_ROLES)[number]

export interface JoinLink {
  readonly id: string
  readonly role: LinkRole
  readonly person_id: string | null
  readonly name: string | null
  readonly label: string | null
  readonly made_by: string
  readonly made_by_name: string | null
  readonly held_by: string | null
  readonly held_by_name: string | null
  readonly made_utc_ms: number
  readonly expires_utc_ms: number
  readonly ended_utc_ms: number | null
  readonly uses: number
  readonly used_utc_ms: number | null
  readonly state: 'open' | 'expired' | 'ended'
}

export interface CameByLink {
  readonly participant: string
  readonly link: string
  readonly role: LinkRole
  readonly name: string | null
  readonly label: string | null
}

export interface NewLink {
  readonly role: LinkRole
  readonly external_id: string | null
  readonly name: string | null
  readonly label: string | null
  readonly expires_utc_ms: number
}

interface Shown {
  readonly token: string
  readonly url: string
}

const root = (sessionId: string): string => `/api/v1/sessions/${sessionId}`

/** Whoever is signed in and runs the session; no link opens these. */
export const links = {
  list: (sessionId: string, ended: boolean, cursor: string | null) =>
    request<Page<JoinLink>>('GET', `${root(sessionId)}/join-tokens?${new URLSearchParams({ ended: String(ended), ...(cursor ? { cursor } : {}) }).toString()}`),
  make: (sessionId: string, link: NewLink) => request<Shown>('POST', `${root(sessionId)}/join-tokens`, { body: link }),
  show: (sessionId: string, id: string) => request<Shown>('POST', `${root(sessionId)}/join-tokens/${id}/show`, { body: {} }),
  end: (sessionId: string, id: string) => request<null>('DELETE', `${root(sessionId)}/join-tokens/${id}`),
  cameBy: (sessionId: string) => request<{ readonly items: readonly CameByLink[] }>('GET', `${root(sessionId)}/came-by-link`),
}
