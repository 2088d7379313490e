/**
 * The lesson on a phone's lock screen, on headphones' buttons and in the small window of picture-in-picture (W3C Media Session).
 * `close()` gives all of it back. Browsers without it do without.
 */
export interface SessionControls {
  readonly play: () => void
  readonly pause: () => void
  readonly by: (ms: number) => void
  readonly to: (ms: number) => void
}

export interface SessionPosition {
  readonly positionMs: number
  readonly durationMs: number
  readonly speed: number
  readonly playing: boolean
}

const STEP_S = 10

export class LockScreen {
  private readonly session = 'mediaSession' in navigator ? navigator.mediaSession : null
  private readonly actions: MediaSessionAction[] = []

  constructor(controls: SessionControls) {
    this.handle('play', () => controls.play())
    this.handle('pause', () => controls.pause())
    this.handle('seekbackward', (details) => controls.by(-(details.seekOffset ?? STEP_S) * 1000))
    this.handle('seekforward', (details) => controls.by((details.seekOffset ?? STEP_S) * 1000))
    this.handle('seekto', (details) => {
      if (details.seekTime !== undefined) controls.to(details.seekTime * 1000)
    })
  }

  name(title: string, from: string, pictureUrl: string | null): void {
    if (!this.session) return
    this.session.metadata = new MediaMetadata({ title, artist: from, artwork: pictureUrl === null ? [] : [{ src: pictureUrl }] })
  }

  show(now: SessionPosition): void {
    if (!this.session) return
    this.session.playbackState = now.playing ? 'playing' : 'paused'
    const duration = now.durationMs / 1000
    if (duration > 0) this.session.setPositionState({ duration, position: Math.min(duration, Math.max(0, now.positionMs / 1000)), playbackRate: now.speed })
  }

  close(): void {
    if (!this.session) return
    for (const action of this.actions) this.session.setActionHandler(action, null)
    this.session.metadata = null
    this.session.playbackState = 'none'
  }

  private handle(action: MediaSessionAction, handler: MediaSessionActionHandler): void {
    try {
      this.session?.setActionHandler(action, handler)
      this.actions.push(action)
    } catch {
      // An action that this browser does not know has no button there.
    }
  }
}
