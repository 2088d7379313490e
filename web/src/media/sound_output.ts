/** What counts as a tap for a browser that plays no sound before one. */
const TAPS = ['click', 'keydown'] as const

/**
 * Plays every audio slot. Browsers refuse sound before a tap: `onBlocked` says so, and then any tap on the page brings the sound, not
 * only the button that asks for it. Elements stay when streams change: some browsers want a tap for each of them.
 */
export class SoundOutput {
  private elements: HTMLAudioElement[] = []
  private muted = false

  constructor(private readonly onBlocked: (blocked: boolean) => void) {}

  play(streams: readonly MediaStream[]): void {
    this.elements.splice(streams.length).forEach(drop)
    streams.forEach((stream, at) => {
      const element = this.elements[at] ?? this.added()
      if (element.srcObject !== stream) element.srcObject = stream
    })
    this.unlock()
  }

  readonly unlock = (): void => {
    if (this.elements.length === 0) return
    void Promise.allSettled(this.elements.map((element) => element.play())).then((plays) => {
      // A replaced stream aborts its play(): only the refusal means that a tap is needed.
      if (plays.some((play) => play.status === 'rejected' && play.reason instanceof DOMException && play.reason.name === 'NotAllowedError')) this.wait(true)
      else if (plays.every((play) => play.status === 'fulfilled')) this.wait(false)
    })
  }

  mute(muted: boolean): void {
    this.muted = muted
    for (const element of this.elements) element.muted = muted
  }

  close(): void {
    this.elements.splice(0).forEach(drop)
    for (const tap of TAPS) document.removeEventListener(tap, this.unlock, true)
  }

  private added(): HTMLAudioElement {
    const element = document.createElement('audio')
    element.muted = this.muted
    document.body.append(element)
    this.elements.push(element)
    return element
  }

  private wait(blocked: boolean): void {
    for (const tap of TAPS) {
      if (blocked && this.elements.length > 0) document.addEventListener(tap, this.unlock, true)
      else document.removeEventListener(tap, this.unlock, true)
    }
    this.onBlocked(blocked)
  }
}

function drop(element: HTMLAudioElement): void {
  element.srcObject = null
  element.remove()
}
