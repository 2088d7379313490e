/** Where the broadcast of a lesson is, asked for again when its pictures change and before its addresses run out. */
import { ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { PlayAddresses, renewInMs } from '../../core/play_addresses'
import { api } from '../../rest/api'
import type { Broadcast } from '../../rest/models'

/** While something that is sent has no playlist yet, or nobody answers. */
const SOON_MS = 3_000
/** How far the lesson has come; between two answers the clock says it. */
const SELDOM_MS = 30_000

export class BroadcastFeed {
  readonly known: ShallowRef<Broadcast | null> = shallowRef(null)
  /** Counts what has to be opened anew: a player failed. */
  readonly failures: Ref<number> = ref(0)
  readonly addresses = new PlayAddresses()
  private timer: ReturnType<typeof setTimeout> | undefined
  private closed = false
  private broken = false
  private readonly stop: () => void

  constructor(
    private readonly sessionId: string,
    private readonly token: () => string,
    private readonly sending: Readonly<Ref<ReadonlySet<string>>>,
    private readonly nowUtcMs: () => number,
  ) {
    this.stop = watch(this.sending, () => this.again(0))
    void this.ask()
  }

  /** A player failed: what it played may be gone, or its address has run out. */
  failed(): void {
    this.broken = true
    this.again(SOON_MS)
  }

  close(): void {
    this.closed = true
    this.stop()
    clearTimeout(this.timer)
  }

  private again(inMs: number): void {
    clearTimeout(this.timer)
    if (!this.closed) this.timer = setTimeout(() => void this.ask(), inMs)
  }

  private async ask(): Promise<void> {
    let wait = SOON_MS
    try {
      const broadcast = await api.broadcast(this.sessionId, this.token())
      if (this.closed) return
      this.addresses.renew(this.known.value, broadcast)
      this.known.value = broadcast
      if (this.broken) this.failures.value += 1
      this.broken = false
      const there = new Set<string>(broadcast.videos.map((video) => video.source))
      const whole = broadcast.past !== null && ['camera', 'screen'].every((source) => !this.sending.value.has(source) || there.has(source))
      if (whole) wait = Math.min(SELDOM_MS, renewInMs(broadcast.until_utc_ms, this.nowUtcMs()))
    } catch {
      // Not there yet, or not reachable: asked again until real-time works or the lesson ends.
    }
    this.again(wait)
  }
}
