/** Plays every audio slot. Browsers refuse sound before a tap: `onBlocked` says so, `unlock()` belongs into the tap's handler. */
export class SoundOutput {
  private elements: HTMLAudioElement[] = []
  private muted = false

  constructor(private readonly onBlocked: (blocked: boolean) => void) {}

  play(streams: readonly MediaStream[]): void {
    this.close()
    this.elements = streams.map((stream) => {
      const element = document.createElement('audio')
      element.srcObject = stream
      element.muted = this.muted
      document.body.append(element)
      return element
    })
    this.unlock()
  }

  unlock(): void {
    if (this.elements.length === 0) return
    Promise.all(this.elements.map((element) => element.play())).then(
      () => this.onBlocked(false),
      // A replaced stream aborts its play(): only the refusal means that a tap is needed.
      (error: unknown) => {
        if (error instanceof DOMException && error.name === 'NotAllowedError') this.onBlocked(true)
      },
    )
  }

  mute(muted: boolean): void {
    this.muted = muted
    for (const element of this.elements) element.muted = muted
  }

  close(): void {
    for (const element of this.elements) {
      element.srcObject = null
      element.remove()
    }
    this.elements = []
  }
}
