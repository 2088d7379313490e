/** The routes of `/api/v1` that pages call, by name. */
import type { FoundPerson } from '../core/choosing'
import type { PlayedInterval } from '../core/played_intervals'
import { request } from './http'
import type {
  ApiKey, Attendance, AttendanceRule, AuditEntry, Broadcast, CheckinLine, CheckinRound, CheckinStatus, Closing, Entered, FeedbackForm, FeedbackItem, FeedbackResults, GroupActivity, Growth, ImportReport, Incident, ItemChange, Lobby, Me, Microcourse, OwnAttendance, OwnCheckin, OwnFeedback, Page, Person, PollResults, QuestionReading, QuestionSet, QuestionSetLine, Replay, ScreenCode, ScreenQr, Session, SignIns, StreamKey, Verdict, Viewing,
  WatchRules,
  WatchTerms,
  WrittenAnswers,
} from './models'

const root = '/api/v1'

function query(values: Readonly<Record<string, string | null | undefined>>): string {
  const parameters = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) if (value) parameters.set(key, value)
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

const csv = (file: Blob): { data: Blob; type: string } => ({ data: file, type: 'text/csv' })

export const api = {
  signIn: (login: string, password: string) => request<Me>('POST', `${root}/sign-in`, { body: { login, password } }),
  signOut: () => request<null>('POST', `${root}/sign-out`, { body: {} }),
  me: () => request<Me>('GET', `${root}/me`),

  connectionFacts: (token: string | null) => request<{ readonly turn_urls: readonly string[]; readonly ice_servers: readonly RTCIceServer[]; readonly processes: number }>('GET', `${root}/connection-test`, { bearer: token }),
  connectionTest: (sdp: string, way: 'udp' | 'tcp', process: number) => request<{ readonly sdp: string }>('POST', `${root}/connection-test`, { body: { sdp, way, process } }),

  sessions: (filter: { state?: string | null; q?: string | null; cursor?: string | null } = {}) =>
    request<Page<Session>>('GET', `${root}/sessions${query(filter)}`),
  createSession: (session: { title: string; starts_utc_ms: number; zone: string; guests_allowed: boolean; host_person_id: string | null; planned_minutes: number | null }) =>
    request<Session>('POST', `${root}/sessions`, { body: session }),
  /** No host: the empty string. */
  nameHost: (id: string, hostPersonId: string) => request<Session>('PATCH', `${root}/sessions/${id}`, { body: { host_person_id: hostPersonId } }),
  session: (id: string) => request<Session>('GET', `${root}/sessions/${id}`),
  lobby: (id: string) => request<Lobby>('GET', `${root}/sessions/${id}/lobby`),
  enter: (id: string, name?: string) => request<Entered>('POST', `${root}/sessions/${id}/enter`, { body: name === undefined ? {} : { name } }),
  /** Before a screen; `bearer` is the token with which this phone was there before. */
  sitDown: (id: string, who: { screen_pass: string; name?: string; external_id?: string }, bearer: string | null) =>
    request<Entered>('POST', `${root}/sessions/${id}/enter`, { body: who, bearer }),
  scan: (id: string, qr: string) => request<{ readonly screen_pass: string; readonly screen: string; readonly by_roster: boolean }>('POST', `${root}/sessions/${id}/scans`, { body: { qr } }),
  screenIn: (code: string, name: string) => request<{ readonly session_id: string; readonly token: string }>('POST', `${root}/screens`, { body: { code, name } }),
  screenQr: (id: string, bearer: string) => request<ScreenQr>('GET', `${root}/sessions/${id}/screen-qr`, { bearer }),
  screenCode: (id: string, bearer: string | null) => request<ScreenCode>('GET', `${root}/sessions/${id}/screen-code`, { bearer }),
  newScreenCode: (id: string, byRoster: boolean, bearer: string | null) => request<ScreenCode>('POST', `${root}/sessions/${id}/screen-code`, { body: { by_roster: byRoster }, bearer }),
  dropScreenCode: (id: string, bearer: string | null) => request<null>('DELETE', `${root}/sessions/${id}/screen-code`, { bearer }),
  broadcast: (id: string, token: string) => request<Broadcast>('GET', `${root}/sessions/${id}/broadcast`, { bearer: token }),
  importRoster: (id: string, file: Blob) => request<ImportReport>('POST', `${root}/sessions/${id}/roster`, { raw: csv(file) }),
  attendance: (id: string) => request<Attendance>('GET', `${root}/sessions/${id}/attendance`),
  incidents: (id: string) => request<{ readonly incidents: readonly Incident[] }>('GET', `${root}/sessions/${id}/incidents`),
  pollResults: (id: string) => request<PollResults>('GET', `${root}/sessions/${id}/poll-results`),
  /** What was written in answer to a question: staff in the lesson read it with its token. */
  writtenAnswers: (id: string, poll: string, cursor: string | null, bearer: string | null) => request<WrittenAnswers>('GET', `${root}/sessions/${id}/poll-results/${poll}/written${query({ cursor })}`, { bearer }),
  groupActivity: (id: string, bearer: string | null) => request<{ readonly groups: readonly GroupActivity[] }>('GET', `${root}/sessions/${id}/groups`, { bearer }),
  groupActivityUrl: (id: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/sessions/${id}/groups.${ending}?lang=${lang}`,
  pollGrowth: (fromUtcMs: number, toUtcMs: number, q: string) => request<Growth>('GET', `${root}/poll-growth${query({ from_utc_ms: String(fromUtcMs), to_utc_ms: String(toUtcMs), q })}`),
  pollGrowthUrl: (fromUtcMs: number, toUtcMs: number, q: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/poll-growth.${ending}${query({ from_utc_ms: String(fromUtcMs), to_utc_ms: String(toUtcMs), q, lang })}`,
  pollResultsUrl: (id: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/sessions/${id}/poll-results.${ending}?lang=${lang}`,
  checkins: (id: string, bearer: string | null) => request<{ readonly items: readonly CheckinRound[] }>('GET', `${root}/sessions/${id}/checkins`, { bearer }),
  checkin: (id: string, round: string, bearer: string | null) =>
    request<{ readonly round: CheckinRound; readonly lines: readonly CheckinLine[] }>('GET', `${root}/sessions/${id}/checkins/${round}`, { bearer }),
  correctCheckin: (id: string, round: string, whom: Whom, status: CheckinStatus, reason: string, bearer: string | null) =>
    request<null>('POST', `${root}/sessions/${id}/checkins/${round}/corrections`, { body: { ...whom, status, reason }, bearer }),
  refuseMakeUp: (id: string, round: string, whom: Whom, bearer: string | null) => request<null>('POST', `${root}/sessions/${id}/checkins/${round}/refusals`, { body: whom, bearer }),
  myCheckins: (id: string, bearer: string | null) => request<{ readonly items: readonly OwnCheckin[] }>('GET', `${root}/sessions/${id}/my-checkins`, { bearer }),
  askMakeUp: (id: string, round: string, reason: string, bearer: string | null) => request<unknown>('POST', `${root}/sessions/${id}/checkins/${round}/make-up`, { body: { reason }, bearer }),
  attendanceUrl: (id: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/sessions/${id}/attendance.${ending}?lang=${lang}`,
  myAttendance: (id: string, bearer: string | null) => request<OwnAttendance>('GET', `${root}/sessions/${id}/attendance/mine`, { bearer }),
  setAttendanceRule: (id: string | null, rule: AttendanceRule) => request<null>('PUT', id === null ? `${root}/attendance/rule` : `${root}/sessions/${id}/attendance/rule`, { body: rule }),
  decideAttendance: (id: string, subject: string, verdict: Verdict | null, reason: string) => request<null>('POST', `${root}/sessions/${id}/attendance/decisions`, { body: { subject, verdict, reason } }),
  objectToAttendance: (id: string, text: string, bearer: string | null) => request<null>('POST', `${root}/sessions/${id}/attendance/objections`, { body: { text }, bearer }),
  answerObjection: (id: string, objection: string, verdict: Verdict | null, text: string) => request<null>('POST', `${root}/sessions/${id}/attendance/objections/${objection}/answer`, { body: { verdict, text } }),
  withdrawObjection: (id: string, objection: string, bearer: string | null) => request<null>('POST', `${root}/sessions/${id}/attendance/objections/${objection}/withdraw`, { body: {}, bearer }),
  signIns: (sessions: readonly string[]) => request<{ readonly items: readonly (SignIns & { readonly session: string; readonly rate: number | null })[] }>('GET', `${root}/attendance/sign-ins${query({ sessions: sessions.join(',') })}`),
  closing: (id: string) => request<Closing>('GET', `${root}/sessions/${id}/attendance-record`),
  closeAttendance: (id: string, body: { after: number; accept: readonly string[]; reason: string }) => request<unknown>('POST', `${root}/sessions/${id}/attendance-record`, { body }),
  amendAttendance: (id: string, after: number, reason: string) => request<null>('POST', `${root}/sessions/${id}/attendance-record/amendment`, { body: { after, reason } }),
  dropAmendment: (id: string) => request<null>('DELETE', `${root}/sessions/${id}/attendance-record/amendment`),
  recordUrl: (id: string, edition: number, form: 'pdf' | 'xlsx' | 'csv' | 'jsonl', lang: string) => `${root}/sessions/${id}/attendance-record/${edition}.${form}?lang=${lang}`,
  myFeedback: (id: string, bearer: string | null) => request<OwnFeedback>('GET', `${root}/sessions/${id}/my-feedback`, { bearer }),
  giveFeedback: (id: string, form: FeedbackForm, bearer: string | null) => request<null>('POST', `${root}/sessions/${id}/my-feedback`, { body: form, bearer }),
  feedback: (id: string, bearer: string | null) => request<FeedbackResults>('GET', `${root}/sessions/${id}/feedback`, { bearer }),
  feedbackUrl: (id: string, ending: 'csv' | 'xlsx', lang: string) => `${root}/sessions/${id}/feedback.${ending}?lang=${lang}`,
  feedbackItems: (filter: { kind?: string | null; state?: string | null; mine?: string | null; cursor?: string | null }) => request<Page<FeedbackItem>>('GET', `${root}/feedback-items${query(filter)}`),
  openItems: () => request<{ readonly open: number; readonly mine: number }>('GET', `${root}/feedback-items/open`),
  changeFeedbackItem: (id: string, change: ItemChange) => request<FeedbackItem>('POST', `${root}/feedback-items/${id}`, { body: change }),

  /** `bearer`: the join token of presenter or host, where nobody is signed in. */
  streamKeys: (id: string, bearer: string | null) => request<{ readonly items: readonly StreamKey[] }>('GET', `${root}/sessions/${id}/stream-keys`, { bearer }),
  createStreamKey: (id: string, key: { name: string; use: 'publish' | 'watch'; own: boolean; expires_utc_ms: number | null }, bearer: string | null) =>
    request<StreamKey>('POST', `${root}/sessions/${id}/stream-keys`, { body: key, bearer }),
  revokeStreamKey: (id: string, keyId: string, bearer: string | null) => request<null>('DELETE', `${root}/sessions/${id}/stream-keys/${keyId}`, { bearer }),

  questionSets: (filter: { q?: string | null; cursor?: string | null } = {}) => request<Page<QuestionSetLine>>('GET', `${root}/question-sets${query(filter)}`),
  questionSet: (id: string, lang: string) => request<QuestionSet>('GET', `${root}/question-sets/${id}?lang=${lang}`),
  createQuestionSet: (set: { title: string; text: string }, lang: string) => request<QuestionSet>('POST', `${root}/question-sets?lang=${lang}`, { body: set }),
  changeQuestionSet: (id: string, set: { title: string; text: string; version: number }, lang: string) =>
    request<QuestionSet>('PUT', `${root}/question-sets/${id}?lang=${lang}`, { body: set }),
  deleteQuestionSet: (id: string) => request<null>('DELETE', `${root}/question-sets/${id}`),
  readQuestions: (text: string, bearer: string | null) => request<QuestionReading>('POST', `${root}/question-sets/read`, { body: { text }, bearer }),
  /** `bearer`: the join token of presenter or host, where nobody is signed in. */
  preparedQuestions: (id: string, bearer: string | null) => request<{ readonly items: readonly QuestionSet[] }>('GET', `${root}/sessions/${id}/question-sets`, { bearer }),
  prepareQuestions: (id: string, setIds: readonly string[], bearer: string | null) =>
    request<{ readonly items: readonly QuestionSet[] }>('PUT', `${root}/sessions/${id}/question-sets`, { body: { set_ids: setIds }, bearer }),

  people: (filter: { q?: string | null; department?: string | null; cursor?: string | null }) => request<Page<Person>>('GET', `${root}/people${query(filter)}`),
  /** People who may host a session. */
  hosts: (q: string) => request<Page<FoundPerson>>('GET', `${root}/people${query({ q, may: 'host', limit: '20' })}`),
  importPeople: (file: Blob) => request<ImportReport>('POST', `${root}/people/import`, { raw: csv(file) }),

  /** With a session's token as `bearer`: the replay of that session alone. */
  replays: (filter: { q?: string | null; cursor?: string | null } = {}, bearer: string | null = null) =>
    request<Page<Replay>>('GET', `${root}/replays${query(filter)}`, { bearer }),
  replay: (id: string, bearer: string | null) => request<Replay>('GET', `${root}/replays/${id}`, { bearer }),
  microcourses: (filter: { session?: string | null; state?: string | null; cursor?: string | null } = {}) =>
    request<Page<Microcourse>>('GET', `${root}/microcourses${query(filter)}`),
  microcourse: (id: string, bearer: string | null = null) => request<Microcourse>('GET', `${root}/microcourses/${id}`, { bearer }),
  createMicrocourse: (replayId: string, clip: { title: string; start_ms: number; end_ms: number }) =>
    request<Microcourse>('POST', `${root}/replays/${replayId}/microcourses`, { body: clip }),
  publishMicrocourse: (id: string) => request<Microcourse>('POST', `${root}/microcourses/${id}/publish`, { body: {} }),
  finishReplayAgain: (id: string) => request<Replay>('POST', `${root}/replays/${id}/retry`, { body: {} }),
  retryMicrocourse: (id: string) => request<Microcourse>('POST', `${root}/microcourses/${id}/retry`, { body: {} }),
  deleteMicrocourse: (id: string) => request<null>('DELETE', `${root}/microcourses/${id}`),

  watchTerms: (medium: 'replay' | 'microcourse', id: string, bearer: string | null) => request<WatchTerms>('GET', `${root}/watch-terms/${medium}/${id}`, { bearer }),
  setWatchTerms: (medium: 'replay' | 'microcourse', id: string, rules: WatchRules) => request<WatchTerms>('PUT', `${root}/watch-terms/${medium}/${id}`, { body: rules }),
  captionsPath: (medium: 'replay' | 'microcourse', id: string, language: string) => `${root}/captions/${medium}/${id}/${encodeURIComponent(language)}`,
  uploadCaptions: (medium: 'replay' | 'microcourse', id: string, language: string, file: Blob) =>
    request<{ language: string; cues: number }>('PUT', `${root}/captions/${medium}/${id}/${encodeURIComponent(language)}`, { raw: { data: file, type: 'text/vtt' } }),
  deleteCaptions: (medium: 'replay' | 'microcourse', id: string, language: string) => request<null>('DELETE', `${root}/captions/${medium}/${id}/${encodeURIComponent(language)}`),
  reportViews: (report: ViewReport, bearer: string | null, keepalive: boolean) =>
    request<{ accepted: number; refused: readonly { id: string; code: string }[]; furthest_ms?: number | null }>('POST', `${root}/views`, { body: report, bearer, keepalive }),
  viewing: (medium: 'replay' | 'microcourse', id: string) => request<Viewing>('GET', `${root}/views/${medium}/${id}`),

  apiKeys: () => request<Page<ApiKey>>('GET', `${root}/api-keys`),
  createApiKey: (name: string, scopes: readonly string[]) => request<ApiKey>('POST', `${root}/api-keys`, { body: { name, scopes } }),
  deleteApiKey: (id: string) => request<null>('DELETE', `${root}/api-keys/${id}`),
  audit: (cursor: string | null) => request<Page<AuditEntry>>('GET', `${root}/audit${query({ cursor })}`),
}

/** Somebody in a check-in: who never came has a person alone, a guest a participant alone. */
export interface Whom {
  readonly participant: string | null
  readonly person: string | null
}

export interface ViewReport {
  readonly medium: 'replay' | 'microcourse' | 'group_recording'
  readonly id: string
  readonly version: string | number
  readonly player: string
  readonly intervals: readonly PlayedInterval[]
  /** Now, by the clock that the intervals are told by: how wrong it is makes no difference then. */
  readonly sent_utc_ms: number
  readonly position_ms?: number
  /** How long ago it was there. */
  readonly position_age_ms?: number
}
