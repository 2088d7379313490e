/** What the class connection carries: docs/protocol.md, "Socket.IO /class", in types. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type Role = 'presenter' | 'host' | 'learner' | 'screen'
export type Source = 'mic' | 'camera' | 'screen'

export interface WireEvent {
  readonly seq: number
  readonly type: string
  readonly utc_ms: number
  readonly session_ms: number
  readonly actor: string | null
  /** Entities that changed for this viewer; `null` removes one. */
  readonly put: readonly (readonly [path: string, entity: Json])[]
}

export interface Batch {
  readonly from: number
  readonly to: number
  readonly events: readonly WireEvent[]
}

export interface Identity {
  readonly participant_id: string
  readonly role: Role
  readonly resume_token: string
  readonly seq: number
  readonly utc_ms: number
}

export interface SnapshotWelcome extends Identity {
  readonly entities: Readonly<Record<string, Json>>
}

export interface CatchUpWelcome extends Identity {
  readonly from: number
  readonly events: readonly WireEvent[]
}

export type Welcome = SnapshotWelcome | CatchUpWelcome

export interface WireError {
  readonly code: string
  readonly message: string
  readonly details?: Readonly<Record<string, Json>>
}

export type Ack = { readonly ok: true; readonly result: Json; readonly seq: number } | { readonly error: WireError }

/** What the media server feeds into each receiving mid right now. */
export type SlotMap = Readonly<Record<string, { readonly track: string; readonly participant: string; readonly source: Source; readonly paused?: boolean; readonly unplayable?: string | null } | null>>

export interface Lesson {
  readonly id: string
  readonly title: string
  readonly state: 'scheduled' | 'live' | 'ended'
  readonly starts_utc_ms: number
  readonly first_started_utc_ms: number | null
  readonly ended_utc_ms: number | null
  readonly zone: string
  readonly presenter: string | null
  /** Size of the roster; null for learners. */
  readonly expected: number | null
}

export interface Participant {
  readonly id: string
  readonly name: string | null
  readonly role: Role
  readonly online: boolean
  readonly device: string | null
  readonly group: string | null
  /** Whether the roster names them; said to staff alone. */
  readonly expected?: boolean
}

export interface Track {
  readonly id: string
  readonly participant: string
  readonly source: Source
  readonly kind: 'video' | 'audio'
  readonly active: boolean
  /** Staff who muted it; its owner may unmute it. */
  readonly muted_by: string | null
}

export interface Checkin {
  readonly id: string
  readonly state: 'open' | 'closed' | 'withdrawn'
  readonly message: string | null
  /** The question stands in the way until it is answered. */
  readonly forced: boolean
  readonly opened_utc_ms: number
  readonly closes_utc_ms: number
  readonly late_after_utc_ms: number
  /** For staff and screens. */
  readonly came?: number
  /** Who checked in and is not on the roster. */
  readonly others?: number
  readonly expected?: number
  /** For staff. */
  readonly came_late?: number
  readonly made_up?: number
  readonly requests?: number
}

/** A check-in that will begin by itself; staff alone know. */
export interface CheckinPlan {
  readonly id: string
  readonly message: string | null
  readonly forced: boolean
  readonly starts_utc_ms: number
  readonly seconds: number
  readonly late_after_seconds: number
}

export interface Draw {
  readonly id: string
  readonly round: string
  readonly winners: readonly { readonly participant: string; readonly name: string | null }[]
  readonly among: number
  readonly drawn_utc_ms: number
}

/** A screen with its heads: who scanned its code, and whom the host counted besides. */
export interface Site {
  readonly id: string
  readonly name: string | null
  readonly heads: number
  readonly scanned: number
  readonly extra: number
}

export type PollKind = 'single' | 'multiple' | 'rating' | 'ranking' | 'text' | 'matching'

export interface Poll {
  readonly id: string
  readonly kind: PollKind
  readonly question: string | null
  readonly options: readonly (string | null)[]
  readonly state: 'open' | 'closed'
  readonly show: 'live' | 'after_close' | 'staff_only'
  readonly counts: readonly number[] | null
  readonly voters: number
  readonly opened_utc_ms: number
  readonly closes_utc_ms: number | null
  readonly closed_utc_ms: number | null
  readonly published: boolean
  readonly anonymous: boolean
  readonly scored: boolean
  readonly instant: boolean
  readonly right_count: number | null
  readonly right: readonly number[] | null
  readonly accepted: readonly (string | null)[] | null
  readonly explanation: string | null
  readonly rerun_of: string | null
  readonly survey: string | null
  readonly matches?: readonly (string | null)[]
  readonly low?: number
  readonly high?: number
  readonly most?: number | null
  /** The most frequent written answers, how often each was given, and how many there are in all. */
  readonly texts?: readonly string[] | null
  readonly text_counts?: readonly number[]
  readonly texts_total?: number
  /** Where parts of an answer count: what the right one gets, and what all got together (null: not shown). */
  readonly full_marks?: number
  readonly marks?: number | null
  readonly fewest?: number
  readonly counted?: boolean
  /** The one group that is asked, and the participant who asks it. */
  readonly group?: string
  readonly asked_by?: string | null
  /** Everybody was asked, and each group is counted by itself. */
  readonly groups?: readonly { readonly id: string; readonly name: string | null; readonly counts: readonly number[]; readonly voters: number }[] | null
}

/** What staff alone know of a poll. */
export interface PollDesk {
  readonly points: readonly (string | null)[]
  readonly item: string | null
  readonly extended: Readonly<Record<string, number>>
}

/** What somebody wrote; seen by staff and its author. */
export interface WrittenAnswer {
  readonly poll: string
  readonly participant: string
  readonly text: string | null
  readonly correct: boolean | null
  readonly utc_ms: number | null
}

export interface Question {
  readonly id: string
  readonly text: string | null
  /** Null where it was asked without a name. */
  readonly author: string | null
  readonly anonymous: boolean
  readonly state: 'pending' | 'published' | 'pinned' | 'answered' | 'dismissed' | 'merged'
  readonly votes: number
  /** How many different people asked this and what was merged into it. */
  readonly askers: number
  readonly merged: readonly string[]
  readonly answer: string | null
  readonly reworded: boolean
  readonly into: string | null
  readonly start_ms: number | null
  readonly end_ms: number | null
  readonly created_utc_ms: number
}

/** What staff note about a question. */
export interface PoolNote {
  readonly id: string
  readonly tags: readonly string[]
  readonly speaker: string | null
}

/** What staff ask the asker back. */
export interface Query {
  readonly id: string
  readonly text: string | null
  readonly reply: string | null
  readonly utc_ms: number
}

export interface Asking {
  readonly open: boolean
  readonly anonymous: boolean
}

export interface Funnel {
  readonly collected: number
  readonly merged: number
  readonly published: number
  readonly answered: number
  readonly dismissed: number
}

export interface Message {
  readonly id: string
  readonly group: string | null
  readonly author: string
  readonly text: string | null
  /** Staff have not released it: only they and its author see it. */
  readonly held: boolean
  readonly utc_ms: number
}

export interface ChatRules {
  readonly open: boolean
  readonly moderated: boolean
}

export type ReactionKind = 'like' | 'heart' | 'clap' | 'laugh' | 'wow'
export type Reactions = Readonly<Record<ReactionKind, number>>

/** How long and how often a learner has been on stage; `since_utc_ms` while they are. */
export interface StageTime {
  readonly participant: string
  readonly turns: number
  readonly total_ms: number
  readonly since_utc_ms: number | null
}

export interface Hand {
  readonly participant: string
  readonly raised_utc_ms: number
  readonly granted: boolean
  /** On stage with the camera, too. */
  readonly camera: boolean
  readonly granted_utc_ms: number | null
}

/** What troubles somebody's media; staff see it while it lasts. */
export interface HealthNote {
  readonly participant: string
  readonly troubles: readonly { readonly code: Trouble; readonly since_ms: number }[]
}

export type Trouble = 'media_lost' | 'sending_lossy' | 'receiving_lossy' | 'receiving_paused' | 'slow_answers'

export interface BreakoutGroup {
  readonly id: string
  readonly place: number
  readonly name: string
  readonly task: string | null
  readonly material: string | null
  readonly members: readonly string[]
  readonly most: number | null
  readonly reporter: string | null
  readonly tutors: readonly string[]
}

export type LateRule = 'stay' | 'smallest' | 'choose'

/** The entity `breakout`; its groups are entities of their own. */
export interface BreakoutState {
  readonly state: 'none' | 'open' | 'closed'
  readonly groups: readonly string[]
  readonly ends_utc_ms: number | null
  readonly last_minute: boolean
  readonly late: LateRule
  /** Whether what is said in the groups is recorded. */
  readonly recorded: boolean
  /** In which group staff are. */
  readonly visits: Readonly<Record<string, string>>
  /** Which groups ask for somebody to come, and since when. */
  readonly calls: Readonly<Record<string, number>>
  /** Whose microphone all groups hear. */
  readonly voices: readonly string[]
  readonly told: { readonly text: string | null; readonly author: string | null; readonly utc_ms: number } | null
}

/** The questions that a group works on: its classes, what it marked, and, once it is back, what it brought. */
export interface GroupPool {
  readonly id: string
  readonly name: string | null
  readonly state: 'open' | 'closed'
  /** `own`: the group thought of it. */
  readonly classes: readonly { readonly id: string; readonly name: string | null; readonly own: boolean }[]
  readonly questions: readonly string[]
  readonly top: readonly string[]
  readonly shown: boolean
  readonly taken: boolean
  readonly utc_ms: number
  readonly brought: BroughtBack | null
}

export interface BroughtBack {
  readonly questions: number
  readonly classes: number
  readonly sorted: number
  readonly top: readonly { readonly id: string; readonly text: string | null; readonly class: string | null; readonly votes: number }[]
}

export interface Clarification {
  /** Null where it is shown to the whole class, and of who has left no trace. */
  readonly author: string | null
  readonly text: string | null
  readonly utc_ms: number
}

/** One question in one group. */
export interface GroupQuestion {
  readonly id: string
  readonly group: string
  readonly text: string | null
  readonly author: string | null
  readonly class: string | null
  readonly votes: number
  readonly clarifications: readonly Clarification[]
}

export interface GroupPlace {
  readonly id: string
  readonly name: string | null
  readonly points: number
  /** Groups with the same points share a place. */
  readonly place: number
}

/** The board of the present or last groups, the first first. */
export interface GroupPoints {
  readonly shown: boolean
  readonly final: boolean
  /** How often points were given. */
  readonly given: number
  readonly groups: readonly GroupPlace[]
}

/** Points that were given or taken once. */
export interface PointsMark {
  readonly id: string
  readonly group: string
  readonly points: number
  readonly why: string | null
  readonly poll: string | null
  readonly by: string | null
  readonly utc_ms: number
}

/** A final standing; it outlives its groups. */
export interface FinalStanding {
  readonly id: string
  readonly winners: string
  readonly groups: readonly GroupPlace[]
  readonly utc_ms: number
}

/** What a group brought back. */
export interface Outcome {
  readonly id: string
  readonly group: string | null
  readonly task: string | null
  readonly text: string | null
  /** Null where no report was written: then there are notes. */
  readonly author: string | null
  readonly notes: string | null
  readonly members: readonly string[]
  readonly shown: boolean
  readonly utc_ms: number
}

/** The entity `feedback`: whether learners are asked after the lesson, and in which language. */
export interface FeedbackRules {
  readonly on: boolean
  readonly lang: 'zh-CN' | 'en' | null
  /** How many handed it in; staff only. */
  readonly given: number | null
}

/** The entity `attention`, for staff: when a hint is due because the class has only listened. */
export interface Attention {
  readonly hint_utc_ms: number | null
  readonly since_utc_ms: number | null
}

export type Standing = 'on_time' | 'late' | 'make_up' | 'absent'

export interface MyCheckin {
  readonly status: Standing | null
  readonly utc_ms: number | null
  readonly request: 'pending' | 'refused' | null
}

export interface MyVote {
  readonly option: number | null
  readonly picks: readonly number[]
  readonly correct: boolean | null
  readonly marks?: number | null
}

/** Which entity lives under which first part of a path. */
export interface EntityKinds {
  participant: Participant
  track: Track
  checkin: Checkin
  checkin_plan: CheckinPlan
  draw: Draw
  screen: Site
  poll: Poll
  poll_desk: PollDesk
  answer: WrittenAnswer
  question: Question
  pool: PoolNote
  query: Query
  message: Message
  chat_mute: true
  hand: Hand
  stage_time: StageTime
  health: HealthNote
  group: BreakoutGroup
  outcome: Outcome
  group_pool: GroupPool
  points_mark: PointsMark
  standing: FinalStanding
  group_question: GroupQuestion
  'my/clarified': { readonly id: string; readonly said: readonly (Clarification & { readonly group: string | null })[] }
  'my/checkin': MyCheckin
  'my/vote': MyVote
  'my/poll_time': { readonly closes_utc_ms: number }
  'my/upvote': true
  'my/question': true
}
