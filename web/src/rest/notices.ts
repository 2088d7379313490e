/** The routes of `/api/v1` about notices, apart from the others: no page of a lesson loads them. */
import { request } from './http'
import type { Page } from './models'

export const NOTICE_KINDS = ['invited', 'hosting', 'relieved', 'moved', 'cancelled', 'coming', 'starting', 'missed', 'question_answered', 'attendance_closed', 'objected', 'work_item', 'review_asked', 'reviewed', 'watch_due', 'replay_shown'] as const
export const MAIL_STATES = ['waiting', 'sending', 'sent', 'failed', 'dropped'] as const
export type MailStateName = (typeof MAIL_STATES)[number]

export interface Notice {
  readonly id: string
  readonly kind: string
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly action: string
  readonly path: string
  readonly created_utc_ms: number
  readonly read: boolean
  readonly done: boolean
  /** Because what it is about was deleted: `path` leads nowhere. */
  readonly gone: boolean
}

export interface NoticeChoices {
  readonly email: string | null
  readonly mail_works: boolean
  readonly language: 'zh-CN' | 'en' | null
  readonly kinds: readonly { readonly kind: string; readonly name: string; readonly mail: boolean; readonly fixed: boolean }[]
}

export interface SentNotice {
  readonly id: string
  readonly kind: string
  readonly channel: 'app' | 'mail'
  readonly subject: string
  readonly to: string | null
  readonly address: string | null
  readonly session_id: string | null
  readonly state: MailStateName
  readonly attempts: number
  readonly problem: string | null
  readonly detail: string | null
  readonly created_utc_ms: number
  readonly not_before_utc_ms: number
  readonly done_utc_ms: number | null
  readonly read: boolean
}

export interface MailState {
  readonly set_up: boolean
  readonly host: string
  readonly sender: string
  readonly per_minute: number
  readonly problem: string | null
  readonly detail: string | null
  readonly since_utc_ms: number | null
  readonly next_try_utc_ms: number | null
  readonly counts: Readonly<Record<MailStateName, number>>
}

export interface ReminderRules {
  readonly before_minutes: readonly number[]
  readonly after_minutes: readonly number[]
  readonly invite: boolean
}

const root = '/api/v1'
const language = (): 'zh-CN' | 'en' => (document.documentElement.lang.startsWith('zh') ? 'zh-CN' : 'en')

function query(values: Readonly<Record<string, string | null>>): string {
  const parameters = new URLSearchParams({ language: language() })
  for (const [key, value] of Object.entries(values)) if (value) parameters.set(key, value)
  return `?${parameters.toString()}`
}

export const notices = {
  mine: (cursor: string | null) => request<Page<Notice> & { readonly unread: number }>('GET', `${root}/my/notices${query({ cursor })}`),
  unread: () => request<{ readonly unread: number }>('GET', `${root}/my/notices/unread`),
  read: (ids: readonly string[] | null) => request<{ readonly unread: number }>('POST', `${root}/my/notices/read`, { body: { ids } }),
  /** Who reads the answers where they stand has seen what their notices are about. */
  sawAnswers: (sessionId: string) => request<{ readonly unread: number }>('POST', `${root}/my/notices/read`, { body: { answers_of: sessionId } }),
  choices: () => request<NoticeChoices>('GET', `${root}/my/notice-choices${query({})}`),
  choose: (chosen: { language: string | null; muted: readonly string[] }) => request<null>('PUT', `${root}/my/notice-choices`, { body: chosen }),
  feed: () => request<{ readonly created_utc_ms: number | null; readonly url: string | null }>('GET', `${root}/my/calendar-feed`),
  renewFeed: () => request<{ readonly created_utc_ms: number | null; readonly url: string | null }>('POST', `${root}/my/calendar-feed`, { body: {} }),
  revokeFeed: () => request<null>('DELETE', `${root}/my/calendar-feed`),
  muting: (token: string) => request<{ readonly name: string; readonly muted: boolean }>('GET', `${root}/unsubscribe/${encodeURIComponent(token)}${query({})}`),
  mute: (token: string) => request<null>('POST', `${root}/unsubscribe/${encodeURIComponent(token)}`, { body: {} }),

  sent: (filter: { q: string; state: string; kind: string; session: string; cursor: string | null }) => request<Page<SentNotice>>('GET', `${root}/notices${query(filter)}`),
  mail: () => request<MailState>('GET', `${root}/notices/mail`),
  testMail: (address: string) => request<{ readonly problem: string | null; readonly detail: string | null }>('POST', `${root}/notices/test-mail`, { body: { address, language: language() } }),
  retry: (id: string) => request<null>('POST', `${root}/notices/${id}/retry`, { body: {} }),
  retryFailed: () => request<{ readonly retried: number }>('POST', `${root}/notices/retry-failed`, { body: {} }),
  rules: () => request<ReminderRules>('GET', `${root}/notices/rules`),
  setRules: (rules: ReminderRules) => request<null>('PUT', `${root}/notices/rules`, { body: rules }),
  remind: (sessionId: string) => request<{ readonly reminded: number }>('POST', `${root}/sessions/${sessionId}/reminders`, { body: {} }),
  moveSession: (sessionId: string, plan: { title: string; starts_utc_ms: number; planned_minutes: number | null }) => request<unknown>('PATCH', `${root}/sessions/${sessionId}`, { body: plan }),
  cancelSession: (sessionId: string) => request<null>('POST', `${root}/sessions/${sessionId}/cancel`, { body: {} }),
  icsUrl: (sessionId: string) => `${root}/sessions/${sessionId}/lesson.ics`,
}
