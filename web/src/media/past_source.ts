/**
 * Plays one track of what was, page after page, in one media element. hls.js is given one playlist that grows, put together from the
 * pages around what is watched: a page far behind live is fetched once. Browsers that play HLS themselves get a page at a time.
 */
import type { Loader, LoaderCallbacks, LoaderConfiguration, LoaderStats, PlaylistLoaderConstructor, PlaylistLoaderContext } from 'hls.js'
import { joined, pageAt, pageOf, pageUrl, type PastPage } from '../core/past_pages'
import type { PlayAddresses } from '../core/play_addresses'
import { renewing } from './hls_source'

export interface PastTrack {
  /** Address of its pages; `{page}` stands for a number. */
  readonly address: string
  /** What was renewed while it plays. */
  readonly addresses: PlayAddresses
  readonly pageMs: number
  readonly onFailed: () => void
}

/** So much is to be known ahead of what is watched. */
const AHEAD_MS = 60_000
/** So much stays known behind it. */
const BEHIND_MS = 60_000

type HlsPlayer = InstanceType<(typeof import('hls.js/light'))['default']>

export class PastSource {
  private pages: PastPage[] = []
  private hls: HlsPlayer | undefined
  /** Moment of the replay's clock at which the element's clock stands at 0. */
  private baseMs = 0
  private opening = 0

  constructor(
    readonly element: HTMLMediaElement,
    private readonly track: PastTrack,
  ) {}

  get positionMs(): number {
    return this.baseMs + this.element.currentTime * 1000
  }

  /** What is known of the lesson around what is watched. */
  get known(): readonly PastPage[] {
    return this.pages
  }

  /** Throws where the page cannot be had. */
  async open(mediaMs: number): Promise<void> {
    const mine = (this.opening += 1)
    const page = (await this.fetchPage(pageAt(mediaMs, this.track.pageMs))) ?? (await this.fetchPage(pageAt(mediaMs, this.track.pageMs) - 1))
    const first = page?.segments[0]
    if (!page || !first) throw new Error('There is no such page of the lesson.')
    const { default: Hls } = await import('hls.js/light')
    if (mine !== this.opening) return
    this.release()
    this.pages = [page]
    this.baseMs = first.mediaMs
    const startS = Math.max(0, (mediaMs - first.mediaMs) / 1000)
    if (!Hls.isSupported()) {
      this.playNatively(page, startS)
      return
    }
    const playlist = (): Promise<string> => this.playlist()
    const hls = new Hls({
      enableWorker: false,
      startPosition: startS,
      liveSyncDuration: 3.5,
      // However far behind live: that is what is wanted.
      liveMaxLatencyDuration: Infinity,
      maxBufferLength: 20,
      backBufferLength: 30,
      xhrSetup: renewing(this.track.addresses),
      pLoader: loaderOf(playlist, () => this.address(0)),
    })
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (!data.fatal || hls !== this.hls) return
      if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError()
      else this.track.onFailed()
    })
    this.hls = hls
    hls.loadSource(this.address(0))
    hls.attachMedia(this.element)
  }

  /** Whether a moment is known already: going there needs nothing but a seek. */
  holds(mediaMs: number): boolean {
    const first = this.pages[0]?.segments[0]
    const last = this.pages.at(-1)?.segments.at(-1)
    return first !== undefined && last !== undefined && mediaMs >= first.mediaMs && mediaMs < last.mediaMs + last.durationMs
  }

  async seek(mediaMs: number): Promise<void> {
    if (this.holds(mediaMs)) this.element.currentTime = (mediaMs - this.baseMs) / 1000
    else await this.open(mediaMs)
  }

  close(): void {
    this.opening += 1
    this.release()
    this.element.removeAttribute('src')
    this.element.load()
  }

  private address(page: number): string {
    return new URL(this.track.addresses.renewed(pageUrl(this.track.address, page)), location.href).href
  }

  private release(): void {
    this.hls?.destroy()
    this.hls = undefined
    this.element.onended = this.element.onerror = this.element.onloadedmetadata = null
  }

  private playNatively(page: PastPage, startS: number): void {
    const { element } = this
    const next = (page.segments.at(-1)?.mediaMs ?? 0) + (page.segments.at(-1)?.durationMs ?? 0)
    element.onended = () => void this.open(next).then(() => element.play()).catch(() => this.track.onFailed())
    element.onerror = () => this.track.onFailed()
    element.onloadedmetadata = () => (element.currentTime = startS)
    element.src = this.address(pageAt(page.segments[0]?.mediaMs ?? 0, this.track.pageMs))
  }

  private async playlist(): Promise<string> {
    const last = this.pages.at(-1)
    const end = last?.segments.at(-1)
    if (last && end && end.mediaMs + end.durationMs - this.positionMs < AHEAD_MS) {
      const number = pageAt(last.segments[0]?.mediaMs ?? 0, this.track.pageMs)
      const newer = await this.fetchPage(last.complete ? number + 1 : number)
      if (newer && last.complete) this.pages.push(newer)
      else if (newer && newer.segments.length >= last.segments.length) this.pages[this.pages.length - 1] = newer
    }
    while (this.pages.length > 1 && (this.pages[1]?.segments[0]?.mediaMs ?? Infinity) < this.positionMs - BEHIND_MS) this.pages.shift()
    return joined(this.pages, false)
  }

  /** null: it is not there (yet). Throws where nobody answers, or the address has run out. */
  private async fetchPage(number: number): Promise<PastPage | null> {
    if (number < 0) return null
    const answer = await fetch(this.address(number), { cache: 'no-cache' })
    if (answer.status === 404) return null
    if (!answer.ok) throw new Error(`The lesson's page answered ${answer.status}.`)
    return pageOf(await answer.text())
  }
}

/** A loader of playlists that answers with what `playlist` says. */
function loaderOf(playlist: () => Promise<string>, address: () => string): PlaylistLoaderConstructor {
  return class PageLoader implements Loader<PlaylistLoaderContext> {
    stats: LoaderStats = { aborted: false, loaded: 0, retry: 0, total: 0, chunkCount: 0, bwEstimate: 0, loading: { start: 0, first: 0, end: 0 }, parsing: { start: 0, end: 0 }, buffering: { start: 0, first: 0, end: 0 } }
    context: PlaylistLoaderContext | null = null

    load(context: PlaylistLoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<PlaylistLoaderContext>): void {
      const { stats } = this
      this.context = context
      stats.loading.start = performance.now()
      playlist().then(
        (data) => {
          if (stats.aborted) return
          stats.loading.first = stats.loading.end = performance.now()
          stats.loaded = stats.total = data.length
          callbacks.onSuccess({ url: address(), data, code: 200 }, stats, context, null)
        },
        () => {
          if (!stats.aborted) callbacks.onError({ code: 0, text: '' }, context, null, stats)
        },
      )
    }

    abort(): void {
      this.stats.aborted = true
    }

    destroy(): void {
      this.abort()
    }
  }
}
