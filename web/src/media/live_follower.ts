/** Keeps the parts of a live broadcast together by the wall-clock time that their playlists carry. The first part leads. */
import { correction } from './synced_elements'
import type { HlsSource } from './hls_source'

export interface LivePart {
  readonly element: HTMLMediaElement
  readonly hls: HlsSource
}

export class LiveFollower {
  private readonly timer: ReturnType<typeof setInterval>

  constructor(
    private readonly leader: LivePart,
    private readonly followers: readonly LivePart[],
  ) {
    this.timer = setInterval(() => this.align(), 500)
  }

  close(): void {
    clearInterval(this.timer)
  }

  private align(): void {
    const now = this.leader.hls.playingUtcMs()
    if (now === null || this.leader.element.paused) return
    for (const { element, hls } of this.followers) {
      const at = hls.playingUtcMs()
      if (at === null || element.seeking || element.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) continue
      const behindS = (now - at) / 1000
      const { seek, rate } = correction(behindS, this.leader.element.playbackRate)
      if (seek) element.currentTime += behindS
      if (element.playbackRate !== rate) element.playbackRate = rate
    }
  }
}
