/** What was of a lesson that goes on: its sound and its pictures together, on the clock of its replay. The sound leads. */
import { pictureAt } from '../core/past_pages'
import type { PlayAddresses } from '../core/play_addresses'
import { PastSource } from './past_source'
import { correction } from './synced_elements'

export interface PastState {
  readonly positionMs: number
  /** Whether it plays, as far as the network lets it. */
  readonly playing: boolean
  readonly waiting: boolean
  /** It has come to the end of what there is. */
  readonly starved: boolean
  /** The pictures that somebody sent at this moment. */
  readonly pictures: ReadonlySet<string>
}

export interface PastPart {
  readonly source: string
  readonly element: HTMLMediaElement
  /** Address of its pages. */
  readonly address: string
}

const LOOK_MS = 250

export class PastPlayer {
  private readonly lead: PastSource
  private readonly pictures: readonly { readonly name: string; readonly source: PastSource }[]
  private readonly timer: ReturnType<typeof setInterval>
  private wanted = true
  /** Seeks that were begun, and the last of them that is done with. */
  private begun = 0
  private settled = 0
  private closed = false

  constructor(
    sound: PastPart,
    pictures: readonly PastPart[],
    shared: { readonly pageMs: number; readonly addresses: PlayAddresses },
    private readonly onState: (state: PastState) => void,
    private readonly onFailed: () => void,
  ) {
    const sourceOf = ({ element, address }: PastPart): PastSource => new PastSource(element, { ...shared, address, onFailed: () => this.onFailed() })
    this.lead = sourceOf(sound)
    this.pictures = pictures.map((part) => ({ name: part.source, source: sourceOf(part) }))
    this.timer = setInterval(() => this.align(), LOOK_MS)
  }

  /** Goes to a moment of the replay's clock, and plays on if it played. */
  async seek(mediaMs: number): Promise<void> {
    const mine = (this.begun += 1)
    try {
      await Promise.all([this.lead, ...this.pictures.map(({ source }) => source)].map((source) => source.seek(mediaMs)))
      if (mine === this.begun && this.wanted && !this.closed) await this.play()
    } catch {
      if (mine === this.begun && !this.closed) this.onFailed()
    } finally {
      if (mine === this.begun) this.settled = mine
    }
  }

  async play(): Promise<void> {
    this.wanted = true
    // Refused without a tap, or ended by a seek: the button says that it stands.
    await this.lead.element.play().catch(() => undefined)
    this.align()
  }

  pause(): void {
    this.wanted = false
    this.lead.element.pause()
    this.align()
  }

  close(): void {
    this.closed = true
    clearInterval(this.timer)
    for (const source of [this.lead, ...this.pictures.map((picture) => picture.source)]) source.close()
  }

  private align(): void {
    if (this.closed || this.begun !== this.settled) return
    const { element } = this.lead
    const at = this.lead.positionMs
    for (const { source } of this.pictures) {
      const follower = source.element
      if (element.paused !== follower.paused) {
        if (element.paused) follower.pause()
        // One that may not play yet is tried again at the next look.
        else follower.play().catch(() => undefined)
      }
      if (follower.readyState === HTMLMediaElement.HAVE_NOTHING || follower.seeking || !source.holds(at)) continue
      const behindS = (at - source.positionMs) / 1000
      const { seek, rate } = correction(behindS, element.playbackRate)
      if (seek) follower.currentTime += behindS
      if (follower.playbackRate !== rate) follower.playbackRate = rate
    }
    this.onState({
      positionMs: at,
      playing: !element.paused,
      waiting: element.readyState < HTMLMediaElement.HAVE_CURRENT_DATA,
      starved: !element.paused && element.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !this.lead.holds(at + 500),
      pictures: new Set(this.pictures.filter(({ source }) => pictureAt(source.known, at)).map(({ name }) => name)),
    })
  }
}
