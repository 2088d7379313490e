/** Watches whether this page is in view or heard, and tells the class connection. Loaded with the room's later parts. */
import { PageStateLog, pageStateOf, type PageStateChange } from '../core/page_state'

const LOOK_MS = 5_000

export class PageStateReporter {
  private readonly log = new PageStateLog()
  private readonly timer: ReturnType<typeof setInterval>

  constructor(private readonly send: (changes: readonly PageStateChange[]) => void) {
    addEventListener('visibilitychange', this.look)
    // Sound has no event that covers all its ways of falling silent.
    this.timer = setInterval(this.look, LOOK_MS)
  }

  /** The connection is new: what it was told before, it was told on another one. */
  readonly connected = (): void => {
    this.log.restart(pageStateOf(page()), performance.now())
    this.look()
  }

  close(): void {
    removeEventListener('visibilitychange', this.look)
    clearInterval(this.timer)
  }

  private readonly look = (): void => {
    const nowMs = performance.now()
    this.log.note(pageStateOf(page()), nowMs)
    if (this.log.dueInMs(nowMs) === 0) this.send(this.log.take(nowMs))
  }
}

function page(): { hidden: boolean; audible: boolean } {
  const elements = [...document.querySelectorAll<HTMLMediaElement>('audio, video')]
  return { hidden: document.hidden, audible: elements.some((element) => !element.paused && !element.muted && element.volume > 0) }
}
