/**
 * Keeps several media elements of one recording on the leader's clock: they play, pause, seek and change speed with it.
 * Small drift is mended by speed, large drift by a seek. All playlists start at the same moment (docs/recording.md).
 */
const SEEK_ABOVE_S = 0.5
const NUDGE_ABOVE_S = 0.06

/** What a follower should do, given how far it is behind (+) or ahead (−) of the leader, in seconds. */
export function correction(behindS: number, speed: number): { seek: boolean; rate: number } {
  if (Math.abs(behindS) > SEEK_ABOVE_S) return { seek: true, rate: speed }
  if (Math.abs(behindS) > NUDGE_ABOVE_S) return { seek: false, rate: speed * (behindS > 0 ? 1.05 : 0.95) }
  return { seek: false, rate: speed }
}

export class SyncedElements {
  private readonly timer: ReturnType<typeof setInterval>
  private readonly events = ['play', 'pause', 'seeked', 'ratechange', 'waiting', 'playing'] as const

  constructor(
    private readonly leader: HTMLMediaElement,
    private readonly followers: readonly HTMLMediaElement[],
    private readonly allowSeek = true,
  ) {
    for (const event of this.events) leader.addEventListener(event, this.align)
    this.timer = setInterval(this.align, 250)
  }

  close(): void {
    clearInterval(this.timer)
    for (const event of this.events) this.leader.removeEventListener(event, this.align)
  }

  private readonly align = (): void => {
    for (const follower of this.followers) {
      if (this.leader.paused !== follower.paused) {
        if (this.leader.paused) follower.pause()
        // A follower that may not play yet is tried again at the next tick.
        else follower.play().catch(() => undefined)
      }
      if (follower.readyState === 0 || !this.allowSeek) continue
      const { seek, rate } = correction(this.leader.currentTime - follower.currentTime, this.leader.playbackRate)
      if (seek && !follower.seeking) follower.currentTime = this.leader.currentTime
      if (follower.playbackRate !== rate) follower.playbackRate = rate
    }
  }
}
