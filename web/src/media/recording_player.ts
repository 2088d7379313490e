/**
 * Plays a recorded lesson: up to two pictures and one sound, all on the clock of the sound (or of the first picture).
 * The caller owns the elements; `close()` frees them.
 */
import type { Failure } from '../core/ways_to_play'
import { attachHls, type HlsSource } from './hls_source'
import { SyncedElements } from './synced_elements'

export interface PlayerState {
  readonly positionMs: number
  readonly playing: boolean
  readonly waiting: boolean
  readonly speed: number
  readonly muted: boolean
}

/** The same, and what the page shows of it. */
export interface ShownState extends PlayerState {
  /** Captions are on, and there. */
  readonly captions: boolean
  /** It plays in a small window over other programs, whatever tab is in front. */
  readonly inSmallWindow: boolean
}

export interface RecordingPart {
  readonly element: HTMLMediaElement
  readonly url: string
  /** Its playlist names its sound apart. */
  readonly separateSound?: boolean
}

const EVENTS = ['timeupdate', 'play', 'pause', 'seeking', 'seeked', 'ratechange', 'volumechange', 'waiting', 'playing', 'ended', 'loadedmetadata'] as const

export class RecordingPlayer {
  private sources: HlsSource[] = []
  private synced: SyncedElements | undefined
  private waiting = false
  private closed = false

  /** `parts[0]` leads. */
  constructor(
    private readonly parts: readonly RecordingPart[],
    private readonly onChange: (state: PlayerState) => void,
    private readonly onFailed: (why: Failure) => void,
  ) {}

  async open(startMs: number): Promise<void> {
    for (const part of this.parts) {
      const source = await attachHls(part.element, part.url, { live: false, startS: startMs / 1000, separateSound: part.separateSound ?? false, onFailed: this.onFailed })
      if (this.closed) {
        source.close()
        return
      }
      this.sources.push(source)
    }
    for (const event of EVENTS) this.leader.addEventListener(event, this.report)
    this.synced = new SyncedElements(this.leader, this.parts.slice(1).map((part) => part.element))
    if (startMs > 0) this.seek(startMs)
  }

  get leader(): HTMLMediaElement {
    const first = this.parts[0]
    if (!first) throw new Error('A recording needs at least one part.')
    return first.element
  }

  async play(): Promise<void> {
    try {
      await this.leader.play()
    } catch (error) {
      // A seek or an early pause aborts play(); anything else means that it cannot be played.
      if (error instanceof DOMException && error.name === 'AbortError') return
      this.onFailed('broken')
    }
  }

  pause(): void {
    this.leader.pause()
  }

  seek(ms: number): void {
    for (const part of this.parts) part.element.currentTime = Math.max(0, ms / 1000)
  }

  setSpeed(speed: number): void {
    // A source that is loaded anew begins at the default rate.
    this.leader.defaultPlaybackRate = speed
    this.leader.playbackRate = speed
  }

  setMuted(muted: boolean): void {
    this.leader.muted = muted
  }

  close(): void {
    this.closed = true
    this.synced?.close()
    for (const event of EVENTS) this.leader.removeEventListener(event, this.report)
    for (const source of this.sources) source.close()
    this.sources = []
  }

  private readonly report = (event: Event): void => {
    if (event.type === 'waiting') this.waiting = true
    else if (event.type === 'playing' || event.type === 'pause') this.waiting = false
    const { currentTime, paused, ended, playbackRate, muted, volume, seeking } = this.leader
    this.onChange({ positionMs: currentTime * 1000, playing: !paused && !ended && !this.waiting && !seeking, waiting: this.waiting, speed: playbackRate, muted: muted || volume === 0 })
  }
}
