/**
 * One lesson as pages see it: the class connection and the media room as reactive state. `open()` joins, `leave()` ends both.
 */
import { computed, effectScope, ref, shallowReactive, shallowRef, watch, type EffectScope } from 'vue'
import type { PageStateReporter } from '../../class/page_state_reporter'
import { ClassLink } from '../../class/class_link'
import type { LinkState } from '../../core/class_link_state'
import { all, one, snapshot, WatchedStore } from '../../core/entities'
import type { PictureHold } from '../../core/picture_hold'
import { isBroadcast, type MediaPath } from '../../core/media_path_state'
import { VIDEO_SLOTS } from '../../core/offer_plan'
import { breakoutOf, groupWith, peopleIn } from '../../core/groups'
import { heroFirst, shapeOf, tilesOf } from '../../core/stage_layout'
import { unplayableOf, worthBroadcast, type UnplayablePicture } from '../../core/unplayable'
import type { ViewSize } from '../../core/view_sizes'
import type { Ack, Asking, Attention, ChatRules, FeedbackRules, Funnel, GroupPoints, Identity, Json, Lesson as LessonEntity, Reactions, Role, SlotMap, Source, WireError } from '../../core/wire'
import { playsBroadcast } from '../../media/plays_broadcast'
import { MediaRoom } from '../../media/media_room'
import { SoundOutput } from '../../media/sound_output'
import { i18n } from '../../words'
import { keep, keepLong, kept } from './keys'

declare global {
  interface Window {
    /** Read-only view of the class for tests and support: web/README.md. */
    __lectern?: {
      events(): readonly unknown[]
      entities(): Record<string, Json>
      seq(): number | null
      since(): number | null
      media(): { path: MediaPath; slots: SlotMap; speakers: readonly string[] }
    }
  }
}

function deviceKind(): 'pc' | 'phone' | 'tablet' {
  if (!matchMedia('(pointer: coarse)').matches) return 'pc'
  return Math.min(screen.width, screen.height) >= 600 ? 'tablet' : 'phone'
}

export class Lesson {
  /** What is shown of the class: the class as it is, but for what waits for a picture that is late. */
  readonly store = shallowReactive(new Map<string, Json>())
  private readonly exact = new WatchedStore((path, entity) => {
    if (path === 'aside') this.asideNow.value = entity !== undefined
    this.put(path, this.hold ? this.hold.receive(path, this.store.get(path), entity, this.serverNow()) : entity)
  })
  private hold: PictureHold | undefined
  /** What happens now is live and not for the replay; `aside` says it of the picture. */
  readonly asideNow = ref(false)
  /** Name of the screen before which this device takes part: the picture is there, so there is no media here. */
  readonly seat = ref<string | null>(null)
  private pageState: PageStateReporter | undefined
  readonly link = ref<LinkState>('absent')
  readonly attempt = ref(0)
  readonly identity = shallowRef<Identity | null>(null)
  readonly refusal = shallowRef<WireError | null>(null)
  readonly overCode = ref<string | null>(null)
  readonly nowUtcMs = ref(Date.now())

  readonly path = ref<MediaPath>('off')
  readonly slots = shallowRef<SlotMap>({})
  readonly streams = shallowRef<ReadonlyMap<string, MediaStream>>(new Map())
  readonly mediaProblem = shallowRef<WireError | null>(null)
  readonly soundBlocked = ref(false)
  readonly soundMuted = ref(false)

  readonly entity = computed(() => (this.store.get('lesson') ?? null) as LessonEntity | null)
  readonly role = computed<Role>(() => this.identity.value?.role ?? 'learner')
  readonly staff = computed(() => this.role.value === 'presenter' || this.role.value === 'host')
  readonly me = computed(() => {
    const id = this.identity.value?.participant_id
    return id === undefined ? undefined : one(this.store, 'participant', id)
  })
  readonly participants = computed(() => all(this.store, 'participant'))
  /** People; a screen is a player, and its people are counted by themselves. */
  readonly online = computed(() => this.participants.value.filter((person) => person.online && person.role !== 'screen'))
  readonly names = computed(() => new Map(this.participants.value.map((person) => [person.id, person.name])))
  readonly messages = computed(() => all(this.store, 'message').sort((a, b) => a.utc_ms - b.utc_ms))
  readonly questions = computed(() => all(this.store, 'question').sort((a, b) => b.votes - a.votes || a.created_utc_ms - b.created_utc_ms))
  readonly chatRules = computed(() => (this.store.get('chat') ?? { open: true, moderated: false }) as unknown as ChatRules)
  readonly reactions = computed(() => (this.store.get('reactions') ?? null) as Reactions | null)
  readonly asking = computed(() => (this.store.get('asking') ?? { open: true, anonymous: false }) as unknown as Asking)
  readonly feedback = computed(() => (this.store.get('feedback') ?? null) as FeedbackRules | null)
  /** What is seen is live and not for the replay. */
  readonly aside = computed(() => this.store.get('aside') !== undefined)
  readonly attention = computed(() => (this.store.get('attention') ?? null) as Attention | null)
  readonly funnel = computed(() => (this.store.get('funnel') ?? null) as Funnel | null)
  /** The order in which staff mean to take questions. */
  readonly run = computed(() => (this.store.get('run') as { readonly questions: readonly string[] } | undefined)?.questions ?? [])
  readonly polls = computed(() => all(this.store, 'poll').sort((a, b) => b.opened_utc_ms - a.opened_utc_ms))
  readonly checkins = computed(() => all(this.store, 'checkin').sort((a, b) => b.opened_utc_ms - a.opened_utc_ms))
  readonly checkinPlan = computed(() => all(this.store, 'checkin_plan')[0] ?? null)
  readonly draws = computed(() => all(this.store, 'draw').sort((a, b) => b.drawn_utc_ms - a.drawn_utc_ms))
  readonly screens = computed(() => all(this.store, 'screen'))
  readonly hands = computed(() => all(this.store, 'hand').sort((a, b) => a.raised_utc_ms - b.raised_utc_ms))
  readonly myHand = computed(() => this.hands.value.find((hand) => hand.participant === this.identity.value?.participant_id))
  readonly breakout = computed(() => breakoutOf(this.store))
  /** The group we are in, as a member or on a visit. */
  readonly myGroup = computed(() => groupWith(this.breakout.value, this.identity.value?.participant_id))
  readonly board = computed(() => (this.store.get('group_points') ?? null) as GroupPoints | null)
  readonly outcomes = computed(() => all(this.store, 'outcome').sort((a, b) => a.utc_ms - b.utc_ms))
  /** Notes of which the server did not take everything: written when their group had ended, or was not ours any more. */
  readonly lostNotes = shallowRef<{ readonly name: string; readonly text: string } | null>(null)
  /** What we send right now, for our own tiles. */
  readonly sending = shallowRef<ReadonlySet<Source>>(new Set())
  /** What of us is in no recording, by the rules of the lesson. */
  readonly leftOut = shallowRef<Readonly<Partial<Record<Source, boolean>>>>({})
  /** Who speaks now, the one to look at first. */
  readonly speakers = shallowRef<readonly string[]>([])
  readonly tracks = computed(() => all(this.store, 'track'))
  /** On stage by the right to be there, not by sending: presenters, learners who were let up, hosts who send. */
  readonly onStage = computed(() => {
    const roles = new Map(this.participants.value.map((person) => [person.id, person.role]))
    const sendingStaff = this.tracks.value.filter((track) => ['presenter', 'host'].includes(roles.get(track.participant) ?? '')).map((track) => track.participant)
    const presenters = this.participants.value.filter((person) => person.role === 'presenter').map((person) => person.id)
    return new Set([...presenters, ...this.hands.value.filter((hand) => hand.granted).map((hand) => hand.participant), ...sendingStaff])
  })
  readonly tiles = computed(() => {
    const group = this.myGroup.value
    const breakout = this.breakout.value
    const inGroups = new Set(breakout.state === 'open' ? breakout.groups.flatMap((each) => peopleIn(breakout, each)).filter((id) => !breakout.voices.includes(id)) : [])
    const tiles = tilesOf({
      me: this.identity.value?.participant_id ?? null,
      slots: this.slots.value,
      tracks: this.tracks.value,
      own: [...this.sending.value],
      presenters: new Set(this.participants.value.filter((person) => person.role === 'presenter').map((person) => person.id)),
      members: group ? new Set([...peopleIn(breakout, group), ...breakout.voices]) : new Set([...this.names.value.keys()].filter((id) => !inGroups.has(id))),
    })
    return heroFirst(tiles)
  })
  readonly shape = computed(() => shapeOf(this.tiles.value))
  /** Pictures for whose sake a learner who only watches gets the broadcast: this browser does not decode them. */
  readonly missed = computed<readonly UnplayablePicture[]>(() => {
    const me = this.identity.value?.participant_id ?? ''
    if (this.staff.value || this.myGroup.value || this.onStage.value.has(me)) return []
    const presenters = new Set(this.participants.value.filter((person) => person.role === 'presenter').map((person) => person.id))
    const missed = worthBroadcast(unplayableOf(this.slots.value), presenters)
    return missed.length > 0 && playsBroadcast() ? missed : []
  })
  /** Whether somebody may look back at what was: whoever speaks, or is asked to in a group, hears what is. */
  readonly mayLookBack = computed(() => !this.staff.value && this.entity.value?.state === 'live' && this.seat.value === null && !this.myGroup.value && !this.onStage.value.has(this.identity.value?.participant_id ?? '') && playsBroadcast())
  private readonly looksBack = ref(false)
  readonly lookingBack = computed(() => this.looksBack.value && this.mayLookBack.value)
  readonly onBroadcast = computed(() => isBroadcast(this.path.value) || this.missed.value.length > 0 || this.lookingBack.value)
  /** Sources of ours that staff muted: their devices are to be switched off. */
  readonly mutedByStaff = computed(() => {
    const me = this.identity.value?.participant_id
    return new Map(this.tracks.value.filter((track) => track.participant === me && track.muted_by !== null).map((track) => [track.source, track.muted_by]))
  })

  private readonly classLink: ClassLink
  private readonly sound = new SoundOutput((blocked) => (this.soundBlocked.value = blocked))
  private media: MediaRoom | undefined
  private offsetMs = 0
  private scope: EffectScope | undefined
  private ticking: ReturnType<typeof setInterval> | undefined

  /** `wantsMedia` false: a page of the class without picture and sound. */
  constructor(
    readonly sessionId: string,
    private readonly wantsMedia = true,
    private readonly device: 'pc' | 'phone' | 'tablet' | 'screen' = deviceKind(),
  ) {
    this.seat.value = kept('at', sessionId)
    this.classLink = new ClassLink(this.exact, () => this.credentials(), {
      onState: (state, attempt) => {
        this.link.value = state
        this.attempt.value = attempt
      },
      onJoined: (identity) => {
        this.identity.value = identity
        keep('token', sessionId, identity.resume_token)
        if (this.seat.value !== null) keepLong('seat', sessionId, identity.resume_token)
        if (identity.role === 'screen') keepLong('screen', sessionId, identity.resume_token)
        // A resync is no new connection: what it was told holds.
        if (identity.role === 'learner' && this.link.value !== 'joined') void this.watchPage()
      },
      onMedia: (what) => {
        if (what === 'start') this.considerMedia()
        else if (what === 'pause') this.media?.pause()
        else this.media?.stop()
      },
      onRefused: (error) => (this.refusal.value = error),
      onOver: (code) => (this.overCode.value = code),
      onClock: (offset) => (this.offsetMs = offset),
    })
  }

  open(): void {
    this.refusal.value = null
    this.ticking ??= setInterval(() => (this.nowUtcMs.value = this.serverNow()), 1000)
    this.scope ??= effectScope(true)
    this.scope.run(() => {
      watch(() => this.entity.value?.state, (state) => {
        // A return to the class has asked for media already; here only a lesson that begins or ends.
        if (state !== 'live' || this.path.value === 'off') this.considerMedia()
      })
      // Whoever was called up comes back to live for good.
      watch(this.mayLookBack, (may) => may || (this.looksBack.value = false))
      // The broadcast brings its own sound.
      watch([this.soundMuted, this.onBroadcast], ([muted, onBroadcast]) => this.sound.mute(muted || onBroadcast))
    })
    window.__lectern = {
      events: () => [...this.classLink.cursor.log],
      entities: () => snapshot(this.exact),
      seq: () => this.classLink.cursor.seq,
      since: () => this.classLink.cursor.logStart,
      media: () => ({ path: this.path.value, slots: this.slots.value, speakers: this.speakers.value }),
    }
    this.classLink.open()
  }

  /** A phone before a screen lies on the table: what its page shows says nothing of its owner. */
  private async watchPage(): Promise<void> {
    if (this.seat.value !== null || this.overCode.value !== null) return
    const { PageStateReporter } = await import('../../class/page_state_reporter')
    // Left while that was loaded.
    if (this.ticking === undefined) return
    this.pageState ??= new PageStateReporter((changes) => this.classLink.pageState(changes))
    this.pageState.connected()
  }

  leave(): void {
    this.pageState?.close()
    this.pageState = undefined
    this.media?.stop()
    this.sound.close()
    this.scope?.stop()
    this.scope = undefined
    clearInterval(this.ticking)
    this.ticking = undefined
    this.classLink.close()
    delete window.__lectern
  }

  command(type: string, data: Json = {}): Promise<Ack> {
    return this.classLink.command(type, data)
  }

  /** Asks for something that is no command; null where nobody answered. */
  ask(event: string, data: Json): Promise<Json> {
    return this.classLink.ask(event, data)
  }

  onNotes(listener: (frame: Json) => void): () => void {
    return this.classLink.hear('notes', listener)
  }

  keepLostNotes(lost: { readonly name: string; readonly text: string } | null): void {
    this.lostNotes.value = lost
  }

  roleOf(participant: string): Role | undefined {
    return one(this.store, 'participant', participant)?.role
  }

  nameOf(participant: string | null): string {
    return (participant === null ? null : this.names.value.get(participant)) ?? '—'
  }

  publish(source: Source, track: MediaStreamTrack | null): Promise<WireError | null> {
    const sending = new Set(this.sending.value)
    if (track) sending.add(source)
    else sending.delete(source)
    this.sending.value = sending
    return this.mediaRoom().publish(source, track)
  }

  look(sizes: ReadonlyMap<string, ViewSize>): void {
    this.media?.look(sizes)
  }

  readNetwork(): ReturnType<MediaRoom['readNetwork']> {
    return this.media ? this.media.readNetwork() : Promise.resolve(null)
  }

  /** From now on the picture is late: what belongs to it waits. Null: it is not any more. */
  holdFor(hold: PictureHold | null): void {
    const waited = this.hold?.held ?? []
    this.hold = hold ?? undefined
    if (!hold) for (const path of waited) this.put(path, this.exact.get(path))
  }

  /** The late picture has come to a moment; null: it does not tell. */
  pictureAt(utcMs: number | null): void {
    for (const path of this.hold?.release(utcMs, this.serverNow()) ?? []) this.put(path, this.hold?.show(path, this.exact.get(path)))
  }

  private serverNow(): number {
    return Date.now() + this.offsetMs
  }

  private put(path: string, entity: Json | undefined): void {
    if (entity === undefined) this.store.delete(path)
    else this.store.set(path, entity)
  }

  lookBack(now: boolean): void {
    this.looksBack.value = now
  }

  unlockSound(): void {
    this.sound.unlock()
  }

  muteSound(muted: boolean): void {
    this.soundMuted.value = muted
  }

  get token(): string {
    return kept('token', this.sessionId) ?? ''
  }

  private considerMedia(): void {
    if (this.link.value !== 'joined' || !this.wantsMedia || this.seat.value !== null) return
    const state = this.entity.value?.state
    if (state === 'live') this.mediaRoom().want()
    else if (state === 'ended') this.media?.stop()
  }

  private mediaRoom(): MediaRoom {
    this.media ??= new MediaRoom(this.classLink.manager, () => this.token, this.role.value, deviceKind() === 'phone' ? VIDEO_SLOTS.phone : VIDEO_SLOTS.pc, {
      onPath: (path) => (this.path.value = path),
      onStreams: (streams) => {
        this.streams.value = streams
        this.sound.play([...streams.values()].filter((stream) => stream.getAudioTracks().length > 0))
      },
      onSlots: (slots) => (this.slots.value = slots),
      onSpeakers: (speakers) => (this.speakers.value = speakers),
      onProblem: (problem) => (this.mediaProblem.value = problem),
      onLeftOut: (source, out) => (this.leftOut.value = { ...this.leftOut.value, [source]: out }),
    })
    return this.media
  }

  private credentials(): ConstructorParameters<typeof ClassLink>[1] extends () => infer C ? C : never {
    const link = new URLSearchParams(location.search)
    return {
      token: this.token,
      lang: i18n.global.locale.value,
      device: this.device,
      source: link.get('src'),
      campaign: link.get('c'),
      consent: kept('consent', this.sessionId),
    }
  }
}
