/** What `/api/v1` answers: docs/protocol.md, "REST". */
import type { Chapter } from '../core/edit_list'
import type { PresenceInterval } from '../core/presence_bar'
import type { PollKind, Trouble } from '../core/wire'

export type { Chapter }

export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export type OrgRole = 'admin' | 'presenter' | 'host' | 'learner' | 'line_manager'

export interface Me {
  readonly person: { readonly id: string; readonly name: string; readonly external_id: string; readonly department: string | null }
  readonly roles: readonly OrgRole[]
  readonly org: { readonly name: string; readonly zone: string }
}

export interface Session {
  readonly id: string
  readonly title: string
  readonly state: 'scheduled' | 'live' | 'ended'
  /** Called off before it began; its state is then `ended`. */
  readonly cancelled: boolean
  readonly starts_utc_ms: number
  readonly zone: string
  readonly planned_minutes: number | null
  readonly presenter: { readonly id: string; readonly name: string } | null
  readonly host: { readonly id: string; readonly name: string } | null
  readonly guests_allowed: boolean
  readonly expected: number
  readonly attended: number
  readonly online: number
  readonly replay_id: string | null
  readonly join_url: string
}

export interface Lobby {
  readonly id: string
  readonly title: string
  readonly state: 'scheduled' | 'live' | 'ended'
  readonly cancelled: boolean
  readonly starts_utc_ms: number
  readonly zone: string
  readonly presenter_name: string | null
  readonly guests_allowed: boolean
  readonly consent: { readonly version: string; readonly text: Readonly<Record<string, string>> } | null
  readonly org_name: string
}

export interface Entered {
  readonly token: string
  readonly role: 'presenter' | 'host' | 'learner' | 'screen'
  readonly name: string
}

/** One picture of a recording. Outside `spans` ([from, to] in ms of the recording) its playlist shows a dark still. */
export interface RecordedVideo {
  readonly source: 'camera' | 'screen'
  readonly url: string
  readonly spans: readonly (readonly [number, number])[]
}

export interface Broadcast {
  readonly videos: readonly RecordedVideo[]
  readonly audio_url: string | null
  readonly program_url: string | null
  /** What can be looked back at; null in the first seconds. `{page}` in an address stands for a page's number. */
  readonly past: {
    readonly page_ms: number
    readonly media_ms: number
    readonly utc_ms: number
    readonly videos: readonly { readonly source: 'camera' | 'screen'; readonly url: string }[]
    readonly audio_url: string
  } | null
  /** When its addresses run out. */
  readonly until_utc_ms: number
}

export interface Mark {
  readonly at_ms: number
  /** Where a question's spoken answer ends. */
  readonly end_ms: number | null
  readonly kind: 'poll' | 'question' | 'checkin' | 'breakout' | 'outcome' | 'group_pool' | 'standing'
  readonly id: string
  readonly title: string | null
  readonly data: Readonly<Record<string, unknown>> | null
}

/** A public question without a moment in the replay. */
export interface WrittenQuestion {
  readonly id: string
  readonly text: string | null
  readonly votes: number | null
  readonly answer: string | null
}

/** What a recording lacks; with source `all` nothing was recorded for `missing_ms`, and the replay goes on. */
export interface RecordingGap {
  readonly from_ms: number
  readonly to_ms: number
  readonly missing_ms: number
  readonly source: 'mic' | 'camera' | 'screen' | 'all'
  readonly why: 'loss' | 'restarted' | 'no_keyframe' | 'disk' | 'late' | 'away' | 'aside' | 'not_recorded'
}

/** A finished medium in several sizes: picture with sound (`master_url`), picture alone, sound alone, small pictures by time. */
export interface Ladder {
  readonly master_url: string
  readonly pictures_url: string
  readonly sound_url: string
  readonly tiles_url: string
}

export interface Replay {
  /** When its addresses run out. */
  readonly until_utc_ms: number
  readonly id: string
  readonly session_id: string
  readonly title: string
  readonly state: 'live' | 'ready' | 'failed'
  readonly duration_ms: number
  readonly videos: readonly RecordedVideo[]
  readonly audio_url: string | null
  readonly program_url: string | null
  readonly download: { readonly state: 'none' | 'queued' | 'running' | 'done' | 'failed' | 'held'; readonly progress: number; readonly url: string | null; readonly estimate_s: number | null; readonly reason_code: string | null }
  /** The finished replay as one picture in several sizes, its sound, and the small pictures of its seek bar. */
  readonly ladder: Ladder | null
  readonly marks: readonly Mark[]
  readonly questions: readonly WrittenQuestion[]
  readonly gaps: readonly RecordingGap[]
  readonly chapters: readonly Chapter[]
  readonly position_ms: number
  readonly version: string | number
  /** Learners see it from the one moment to the other; null: no such bound. */
  readonly from_utc_ms: number | null
  readonly to_utc_ms: number | null
  /** Not published (yet): learners do not see it. */
  readonly held: boolean
  /** Whether groups of the class recorded anything for themselves; who sees it is another matter. */
  readonly has_groups: boolean
}

/** On which terms the asker watches a medium. */
export interface WatchTerms {
  /** Who the asker is to the records of viewing; null for programs. */
  readonly viewer: string | null
  readonly position_ms: number
  /** How long ago it was watched there; null: never. */
  readonly position_age_ms: number | null
  readonly required: boolean
  readonly due_utc_ms: number | null
  /** As far as the asker may go; null: anywhere. */
  readonly furthest_ms: number | null
  /** What is drawn over the picture; null: nothing. */
  readonly watermark: string | null
  readonly captions: readonly { readonly language: string; readonly of: 'own' | 'replay' }[]
  /** For those who may change them. */
  readonly rules: WatchRules | null
}

/** `watermark` null: as the organisation has it. */
export interface WatchRules {
  readonly required: boolean
  readonly no_skipping: boolean
  readonly watermark: boolean | null
  /** Until when a required one is to be watched; null: nobody says. */
  readonly due_utc_ms: number | null
}

export interface Microcourse {
  /** When its addresses run out. */
  readonly until_utc_ms: number
  readonly id: string
  readonly replay_id: string
  readonly session_id: string
  readonly title: string
  readonly start_ms: number
  readonly end_ms: number
  /** Of the replay, joined in this order; `chapters` are in its own time. */
  readonly ranges: readonly (readonly [number, number])[]
  readonly chapters: readonly Chapter[]
  readonly state: 'draft' | 'processing' | 'ready' | 'in_review' | 'sent_back' | 'reviewed' | 'published' | 'retired' | 'failed'
  readonly job: { readonly state: string; readonly progress: number; readonly reason_code: string | null; readonly reason: string | null; readonly estimate_s: number | null } | null
  readonly duration_ms: number | null
  readonly video_url: string | null
  readonly thumbnail_url: string | null
  /** Null for what was cut before there were ladders. */
  readonly ladder: Ladder | null
  readonly version: string | number
  readonly warning: 'long' | 'very_long' | null
  readonly position_ms: number
  /** What learners see; null: nothing yet, or nothing any more. */
  readonly live_version: number | null
  readonly may: readonly ('ask' | 'take_back' | 'approve' | 'send_back' | 'publish' | 'retire')[]
  /** The look that it was made in, for editors; without a name the organisation's own. Null: plain, or made before that was kept. */
  readonly look: { readonly id: string; readonly name: string; readonly version: number; readonly newest: boolean } | null
  /** Its replay was deleted: it cannot be cut anew. */
  readonly source_gone?: boolean
}

export interface Person {
  readonly id: string
  readonly external_id: string
  readonly name: string
  readonly department: string | null
  readonly roles: readonly OrgRole[]
  readonly active: boolean
}

export interface ImportReport {
  readonly added: number
  readonly updated: number
  readonly unchanged: number
  readonly errors: readonly { readonly line: number; readonly code: string; readonly message: string }[]
}

/** A connection trouble of somebody; `until_utc_ms` is null while it lasts, `ended` what ended it if it did not get well. */
export interface Incident {
  readonly participant: string
  readonly person: AttendanceRow['person']
  readonly name: string | null
  readonly code: Trouble
  readonly from_utc_ms: number
  readonly until_utc_ms: number | null
  readonly ended: 'left' | 'removed' | 'session_over' | null
}

export type Verdict = 'present' | 'partly' | 'absent' | 'excused' | 'open'
export type Span = readonly [number, number]

export interface AttendanceRule {
  readonly present_percent: number
  readonly planned_minutes: number | null
  readonly tolerance_minutes: number
  readonly least_minutes: number
  readonly checkins: number
  readonly make_up_counts: boolean
  readonly replay_counts: boolean
  readonly away_counts: boolean
}

export interface Objection {
  readonly id: string
  readonly state: 'open' | 'accepted' | 'declined' | 'withdrawn'
  readonly against: Verdict
  readonly text: string | null
  readonly objected_utc_ms: number
  readonly answer: string | null
  readonly answered_by: string | null
  readonly answered_utc_ms: number | null
}

/** Evidence and verdict of one person (docs/attendance.md). */
export interface Judged {
  readonly verdict: Verdict
  readonly computed: Verdict
  readonly confidence: number
  readonly reasons: readonly { readonly code: string; readonly numbers: Readonly<Record<string, number>> }[]
  readonly counted_minutes: number
  readonly needed_minutes: number
  readonly base_minutes: number
  readonly minutes: number
  readonly away_minutes: number
  readonly attentive_minutes: number
  readonly missed_and_watched_minutes: number
  readonly intervals: readonly PresenceInterval[]
  /** UTC: hidden and silent on every device; missed live and watched in the replay. */
  readonly away: readonly Span[]
  readonly watched: readonly Span[]
  readonly checkins: readonly { readonly round: string; readonly status: string; readonly corrected: boolean }[]
  readonly checkin_status: 'on_time' | 'late' | 'absent' | 'pending' | 'make_up' | null
  readonly answers: number
  readonly messages: number
  readonly questions: number
  readonly hands: number
  readonly upvotes: number
  readonly reactions: number
  readonly stage_minutes: number
  readonly replay_minutes: number
  /** What staff decided, the newest last; `verdict` null leaves it to the rule again. */
  readonly decisions: readonly { readonly verdict: Verdict | null; readonly by: string | null; readonly utc_ms: number; readonly reason: string | null }[]
  readonly objections: readonly Objection[]
}

export interface AttendanceRow extends Judged {
  readonly subject: string
  readonly participant: string | null
  readonly person: { readonly id: string; readonly external_id: string; readonly name: string; readonly department: string | null } | null
  readonly name: string | null
  readonly kind: 'person' | 'guest'
  /** Whether this person is on the roster. */
  readonly expected: boolean
  /** `screen`: came by the code of a screen; `screens` names them. */
  readonly source: 'screen' | null
  readonly screens: readonly string[]
}

export interface Attendance {
  readonly phase: AttendancePhase
  /** The newest closed version; 0 before the first. */
  readonly edition: number
  readonly expected: number
  readonly rule: AttendanceRule
  readonly rule_of: 'session' | 'organisation' | 'installation'
  readonly may_judge: boolean
  readonly course: { readonly live: readonly Span[]; readonly over: boolean; readonly minutes: number; readonly rounds: readonly string[]; readonly polls: number }
  readonly rates: SignIns & { readonly sign_in_rate: number | null; readonly weak_below: number; readonly attended: number; readonly started: number; readonly completed: number }
  readonly screens: readonly { readonly participant: string; readonly name: string; readonly scanned: number; readonly extra: number }[]
  readonly rows: readonly AttendanceRow[]
}

export interface OwnAttendance extends Judged {
  readonly title: string
  readonly zone: string
  readonly starts_utc_ms: number
  readonly live: readonly Span[]
  readonly rule: AttendanceRule
  readonly may_object_until_utc_ms: number | null
}

/** How many of a session's roster checked in; weak: below the installation's threshold (T-02). */
export interface SignIns {
  readonly expected: number
  readonly signed_in: number
  readonly made_up: number
  readonly is_weak: boolean
}

export interface ClosingObstacle {
  readonly code: 'not_over' | 'objections_open' | 'make_ups_waiting' | 'make_ups_possible'
  readonly count: number | null
  readonly until_utc_ms: number | null
}

/** How a row differs from the closed record; `was` and `now` are null where there is no row, `by` are names. */
export interface ClosingChange {
  readonly subject: string
  readonly name: string | null
  readonly was: Verdict | null
  readonly now: Verdict | null
  readonly what: readonly ('verdict' | 'decision' | 'objection' | 'checkin' | 'roster' | 'presence' | 'activity' | 'words' | 'added' | 'removed')[]
  readonly by: readonly string[]
}

export type AttendancePhase = 'open' | 'closed' | 'amending'

/** How closed an attendance is; `changed`: so many rows are different from the newest record, `intact`: that record holds. */
export interface Closing {
  readonly phase: AttendancePhase
  readonly amendment: { readonly begun_by: string; readonly begun_by_name: string | null; readonly begun_utc_ms: number; readonly reason: string | null } | null
  readonly changes: readonly ClosingChange[]
  readonly obstacles: readonly ClosingObstacle[]
  readonly editions: readonly {
    readonly edition: number
    readonly head: string
    readonly previous_head: string | null
    readonly fingerprint: string
    readonly people: number
    readonly closed_utc_ms: number
    readonly closed_by: string
    readonly closed_by_name: string | null
  }[]
  readonly reason: string | null
  readonly changed: number
  readonly intact: boolean
}

export interface Viewing {
  readonly duration_ms: number
  readonly people: readonly {
    readonly person: { readonly id: string | null; readonly external_id: string | null; readonly name: string | null; readonly department: string | null }
    readonly coverage: number
    readonly completed: boolean
    readonly minutes: number
    readonly last_utc_ms: number | null
  }[]
  readonly heat: readonly number[]
  readonly class: { readonly bounce: number; readonly reached_80: number; readonly full: number; readonly viewers: number }
}

export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly created_utc_ms: number
  readonly revoked_utc_ms: number | null
  /** Only in the answer that makes the key. */
  readonly key?: string
}

export interface StreamKey {
  readonly id: string
  readonly name: string
  readonly use: 'publish' | 'watch'
  readonly person: string | null
  readonly url: string
  readonly created_utc_ms: number
  readonly expires_utc_ms: number | null
  readonly last_used_utc_ms: number | null
  readonly in_use: boolean
  /** Only in the answer that makes the key. */
  readonly key?: string
}

export interface AuditEntry {
  readonly id: string
  readonly utc_ms: number
  readonly actor: string
  readonly actor_name: string | null
  readonly action: string
  readonly target: string
  readonly details: Readonly<Record<string, unknown>>
}

/** A question as it is prepared: the data of `poll_open`. */
export interface QuestionDraft {
  readonly kind: PollKind
  readonly question: string
  readonly options: readonly string[]
  readonly matches: readonly string[]
  readonly right: readonly number[]
  readonly accepted: readonly string[]
  readonly low: number
  readonly high: number
  readonly most: number | null
  readonly explanation: string | null
  readonly points: readonly string[]
  readonly show: 'live' | 'after_close' | 'staff_only'
  readonly seconds: number | null
  readonly anonymous: boolean
  readonly instant: boolean
  readonly partial: boolean
}

export interface QuestionSetLine {
  readonly id: string
  readonly title: string
  readonly count: number
  readonly updated_utc_ms: number
}

export interface QuestionSet {
  readonly id: string
  readonly title: string
  readonly version: number
  readonly updated_utc_ms: number
  readonly questions: readonly (QuestionDraft & { readonly id: string })[]
  readonly text: string
}

export interface QuestionReading {
  readonly questions: readonly { readonly line: number; readonly question: QuestionDraft }[]
  readonly errors: readonly { readonly line: number; readonly code: string; readonly message: string }[]
}

export interface Grade {
  readonly answered: number
  readonly attempts: number
  readonly right: number
  readonly points: number
  readonly rate: number | null
  readonly first_rate: number | null
  readonly median_s: number | null
  readonly once_wrong: number
  readonly corrected: number
}

export interface PollQuestion {
  readonly id: string
  readonly kind: PollKind
  readonly question: string
  readonly options: readonly string[]
  readonly points: readonly string[]
  readonly low: number
  readonly scored: boolean
  readonly partial: boolean
  readonly anonymous: boolean
  readonly rerun_of: string | null
  readonly opened_utc_ms: number
  readonly right: readonly number[]
  readonly counts: readonly number[] | null
  readonly wrong: Readonly<Record<string, number>>
  readonly growth: number | null
  /** How many written answers there are to read; null: none were asked for, or they are hidden. */
  readonly written: number | null
  readonly sums: Grade
}

/** Written answers; of an anonymous one there is the text alone. */
export interface WrittenAnswers {
  readonly total: number
  readonly items: readonly { readonly text: string | null; readonly participant: string | null; readonly name: string | null; readonly correct: boolean | null }[]
  readonly next: string | null
}

export interface GroupMember {
  readonly participant: string
  readonly name: string | null
  readonly minutes: number
  readonly mic_minutes: number
  readonly messages: number
  readonly answers: number
  readonly notes_chars: number
}

export interface GroupActivity {
  readonly id: string
  readonly name: string | null
  readonly opened_utc_ms: number
  readonly closed_utc_ms: number | null
  readonly members: readonly GroupMember[]
  readonly calls: number
  readonly visits: number
  readonly result: string | null
  readonly notes: string | null
  readonly points: number | null
  readonly place: number | null
}

export interface PollResults {
  readonly asked: number
  readonly questions: readonly PollQuestion[]
  readonly people: readonly { readonly participant: string; readonly person: { readonly external_id: string | null; readonly department: string | null } | null; readonly name: string | null; readonly sums: Grade }[]
  readonly points: readonly { readonly name: string | null; readonly sums: Grade }[]
  readonly departments: readonly { readonly name: string | null; readonly sums: Grade }[]
  readonly worst: readonly string[]
}

/** The five measures of EVA-06: docs/data-dictionary.md, "Growth". */
export interface Measures {
  readonly answers: number
  readonly right: number
  readonly points: number
  readonly rate: number | null
  readonly slope: number | null
  readonly last_day: number
  readonly once_wrong: number
  readonly corrected: number
}

export interface Growth {
  readonly sessions: number
  readonly days: readonly { readonly day: string; readonly answers: number; readonly right: number; readonly points: number }[]
  readonly whole: Measures
  readonly people: readonly { readonly id: string; readonly person: { readonly external_id: string | null; readonly department: string | null } | null; readonly name: string | null; readonly sums: Measures }[]
  readonly departments: readonly { readonly name: string | null; readonly sums: Measures }[]
  readonly points: readonly { readonly name: string | null; readonly sums: Measures }[]
}

export interface OwnFeedback {
  readonly state: 'open' | 'given' | 'off' | 'too_early' | 'over' | 'not_here'
  readonly until_utc_ms: number | null
  readonly lang: 'zh-CN' | 'en' | null
  readonly fewest: number
}

export type FeedbackQuestion = 'teacher' | 'course' | 'organisation' | 'recommend'

export type FeedbackForm = Readonly<Partial<Record<FeedbackQuestion, number>>> & { readonly text: string; readonly contact: string }

export interface FeedbackFigure {
  readonly question: FeedbackQuestion
  readonly answered: number
  /** From the lowest grade on; null where too few answered. */
  readonly counts: readonly number[] | null
  readonly mean: number | null
}

export type ItemKind = 'short_term' | 'long_term' | 'call_back'
export type ItemState = 'new' | 'in_progress' | 'done' | 'dropped'
export type ItemStep = 'start' | 'finish' | 'drop' | 'reopen'

export interface FeedbackItem {
  readonly id: string
  readonly session_id: string
  readonly session_title: string
  readonly text: string
  readonly contact: string | null
  readonly kind: ItemKind | null
  readonly state: ItemState
  readonly owner_person_id: string | null
  readonly owner_name: string | null
  readonly due_on: string | null
  readonly note: string | null
  readonly version: number
}

export interface FeedbackResults {
  readonly on: boolean
  readonly until_utc_ms: number | null
  readonly fewest: number
  readonly given: number
  readonly attendees: number
  readonly shown: number
  readonly figures: readonly FeedbackFigure[]
  readonly recommendation: { readonly answered: number; readonly promoters: number; readonly passives: number; readonly detractors: number; readonly score: number } | null
  readonly items: readonly FeedbackItem[]
}

export interface ItemChange {
  readonly version: number
  readonly kind: ItemKind | null
  readonly owner_person_id: string | null
  readonly due_on: string | null
  readonly note: string | null
  readonly step: ItemStep | null
}

export type CheckinStatus = 'on_time' | 'late' | 'make_up' | 'absent' | 'pending'

export interface CheckinRound {
  readonly id: string
  readonly state: 'open' | 'closed' | 'withdrawn'
  readonly message: string | null
  readonly opened_utc_ms: number
  readonly expected: number
  readonly came: number
  readonly late: number
  readonly made_up: number
  /** Came, but were not expected. */
  readonly others: number
  readonly requests: number
}

export interface CheckinLine {
  readonly participant: string | null
  readonly person: AttendanceRow['person']
  readonly name: string | null
  readonly expected: boolean
  readonly status: CheckinStatus
  readonly utc_ms: number | null
  readonly request: 'pending' | 'refused' | null
  readonly reason: string | null
}

export interface OwnCheckin {
  readonly id: string
  readonly message: string | null
  readonly opened_utc_ms: number
  readonly status: CheckinStatus
  readonly request: 'pending' | 'refused' | null
  readonly may_request: boolean
  readonly until_utc_ms: number | null
}

/** The QR code of a screen: an SVG path in a square of `size` units. */
export interface ScreenQr {
  readonly url: string
  readonly size: number
  readonly path: string
  readonly expires_in_s: number
  readonly next_in_s: number
}

export interface ScreenCode {
  readonly code: string | null
  readonly url: string
  readonly by_roster: boolean
}
