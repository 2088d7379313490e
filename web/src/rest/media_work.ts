/** Media jobs, tokens of workers, and branding: what their pages ask the server for. */
import { request } from './http'
import type { Page } from './models'

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'held'
export type JobAct = 'resume' | 'hold' | 'cancel'

export interface MediaJob {
  readonly id: string
  readonly kind: string
  readonly title: string
  readonly state: JobState
  readonly step: string | null
  readonly step_share: number
  readonly progress: number
  readonly estimate_s: number | null
  readonly attempts: number
  readonly max_attempts: number
  readonly worker: string | null
  readonly reason_code: string | null
  readonly reason: string | null
  readonly created_utc_ms: number
  readonly finished_utc_ms: number | null
  readonly acts: readonly JobAct[]
}

export interface SeenWorker {
  readonly name: string
  readonly token: string | null
  readonly version: string
  readonly jobs: number
}

export interface MediaJobs extends Page<MediaJob> {
  readonly workers: readonly SeenWorker[]
}

export interface WorkerToken {
  readonly id: string
  readonly name: string
  readonly created_utc_ms: number
  readonly revoked_utc_ms: number | null
  /** Only in the answer that makes it. */
  readonly token: string | null
}

export interface BrandClip {
  readonly id: string
  readonly name: string
  readonly duration_ms: number
  readonly state: JobState
  readonly progress: number
  readonly reason_code: string | null
  readonly reason: string | null
  readonly video_url: string | null
  readonly thumbnail_url: string | null
}

export interface Look {
  readonly version: number
  readonly accent: string
  readonly title_card: boolean
  readonly outro_words: string
  readonly intro_id: string | null
  readonly outro_id: string | null
}

/** A look with all that belongs to it; without a name it is the organisation's own that nobody has named. */
export interface Branding extends Look {
  readonly id: string
  readonly name: string
  readonly logo_url: string | null
  readonly clips: readonly BrandClip[]
  /** Whose look it is by itself. */
  readonly people: readonly { readonly id: string; readonly name: string }[]
  readonly microcourses: number
  readonly is_default: boolean
  readonly retired: boolean
  readonly may_edit: boolean
}

export interface LookInList {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly is_default: boolean
  readonly retired: boolean
  readonly people: number
  readonly microcourses: number
}

export type LookAct = 'retire' | 'use-again' | 'make-default'

const root = '/api/v1'
const file = (data: Blob) => ({ raw: { data, type: 'application/octet-stream' } })

const lookAt = (id: string): string => `${root}/branding/looks/${id}`

export const mediaWork = {
  jobs: (state: string, cursor: string | null) => {
    const query = new URLSearchParams({ state, cursor: cursor ?? '' })
    return request<MediaJobs>('GET', `${root}/media-jobs?${query.toString()}`)
  },
  act: (id: string, act: JobAct) => request<MediaJob>('POST', `${root}/media-jobs/${id}/${act}`, { body: {} }),
  tokens: () => request<{ items: readonly WorkerToken[] }>('GET', `${root}/worker-tokens`),
  makeToken: (name: string) => request<WorkerToken>('POST', `${root}/worker-tokens`, { body: { name } }),
  revokeToken: (id: string) => request<null>('DELETE', `${root}/worker-tokens/${id}`),
  looks: () => request<{ readonly items: readonly LookInList[]; readonly may_edit: boolean }>('GET', `${root}/branding/looks`),
  /** Null: the organisation's. */
  look: (id: string | null) => request<Branding>('GET', id === null ? `${root}/branding` : lookAt(id)),
  changeLook: (id: string, look: Look & { readonly name?: string }) => request<Branding>('PUT', lookAt(id), { body: look }),
  makeLook: (name: string, like: string | null) => request<Branding>('POST', `${root}/branding/looks`, { body: { name, like } }),
  actOnLook: (id: string, act: LookAct) => request<Branding>('POST', `${lookAt(id)}/${act}`, { body: {} }),
  deleteLook: (id: string) => request<null>('DELETE', lookAt(id)),
  giveLook: (id: string, people: readonly string[]) => request<Branding>('PUT', `${lookAt(id)}/people`, { body: { people } }),
  bringClip: (clip: File) => request<Branding>('POST', `${root}/branding/clips?name=${encodeURIComponent(clip.name.slice(0, 200))}`, file(clip)),
  retryClip: (id: string) => request<Branding>('POST', `${root}/branding/clips/${id}/retry`, { body: {} }),
  putLogo: (id: string, logo: File) => request<Branding>('PUT', `${lookAt(id)}/logo`, file(logo)),
  dropLogo: (id: string) => request<Branding>('DELETE', `${lookAt(id)}/logo`),
  cardUrl: (id: string, title: string, accent: string, version: number) => `${lookAt(id)}/card.png?${new URLSearchParams({ title, accent, v: String(version) }).toString()}`,
}
