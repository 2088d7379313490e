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

export interface Branding extends Look {
  readonly logo_url: string | null
  readonly clips: readonly BrandClip[]
  readonly may_edit: boolean
}

const root = '/api/v1'
const file = (data: Blob) => ({ raw: { data, type: 'application/octet-stream' } })

export const mediaWork = {
  jobs: (state: string, cursor: string | null) => {
    const query = new URLSearchParams({ state, cursor: cursor ?? '' })
    return request<MediaJobs>('GET', `${root}/media-jobs?${query.toString()}`)
  },
  act: (id: string, act: JobAct) => request<MediaJob>('POST', `${root}/media-jobs/${id}/${act}`, { body: {} }),
  tokens: () => request<{ items: readonly WorkerToken[] }>('GET', `${root}/worker-tokens`),
  makeToken: (name: string) => request<WorkerToken>('POST', `${root}/worker-tokens`, { body: { name } }),
  revokeToken: (id: string) => request<null>('DELETE', `${root}/worker-tokens/${id}`),
  branding: () => request<Branding>('GET', `${root}/branding`),
  changeBranding: (look: Look) => request<Branding>('PUT', `${root}/branding`, { body: look }),
  bringClip: (clip: File) => request<Branding>('POST', `${root}/branding/clips?name=${encodeURIComponent(clip.name.slice(0, 200))}`, file(clip)),
  retryClip: (id: string) => request<Branding>('POST', `${root}/branding/clips/${id}/retry`, { body: {} }),
  putLogo: (logo: File) => request<Branding>('PUT', `${root}/branding/logo`, file(logo)),
  dropLogo: () => request<Branding>('DELETE', `${root}/branding/logo`),
  cardUrl: (title: string, accent: string, version: number) => `${root}/branding/card.png?${new URLSearchParams({ title, accent, v: String(version) }).toString()}`,
}
