/**
 * Plays one HLS playlist in one media element: hls.js where Media Source Extensions exist (loaded only when needed), the
 * browser's own player otherwise. What is no playlist (an MP4) is the browser's too. `close()` frees the element.
 */
import type HlsPlayer from 'hls.js'
import type { PlayAddresses } from '../core/play_addresses'
import { failureOf, wayToPlay, type Failure } from '../core/ways_to_play'
import { openAddresses } from './open_addresses'
import { abilities } from './plays_broadcast'

export interface HlsSource {
  /** Wall-clock time of what is on screen (EXT-X-PROGRAM-DATE-TIME), or null where the player does not know it. */
  playingUtcMs(): number | null
  close(): void
}

async function loaded(separateSound: boolean): Promise<typeof HlsPlayer> {
  return (separateSound ? await import('hls.js') : await import('hls.js/light')).default
}

/**
 * `separateSound`: the playlist names its sound in a list of its own, which the light hls.js does not know. `addresses`: what was
 * renewed while it plays, where that is not the page's.
 */
export async function attachHls(element: HTMLMediaElement, url: string, options: { live: boolean; startS?: number; addresses?: PlayAddresses; separateSound?: boolean; onFailed?: (why: Failure) => void }): Promise<HlsSource> {
  const addresses = options.addresses ?? openAddresses
  const isPlaylist = new URL(url, location.href).pathname.endsWith('.m3u8')
  const Hls = isPlaylist && wayToPlay(abilities(), false) === 'media-source' ? await loaded(options.separateSound ?? false) : null
  if (!Hls?.isSupported()) {
    const onError = (): void => options.onFailed?.('broken')
    element.addEventListener('error', onError)
    element.src = addresses.renewed(url)
    // Safari tells the wall-clock time of position 0.
    const native = element as HTMLMediaElement & { getStartDate?: () => Date }
    return {
      playingUtcMs: () => {
        const startMs = native.getStartDate?.().getTime() ?? NaN
        return Number.isNaN(startMs) ? null : startMs + element.currentTime * 1000
      },
      close: () => {
        element.removeEventListener('error', onError)
        element.removeAttribute('src')
        element.load()
      },
    }
  }
  const hls = new Hls({
    enableWorker: false,
    ...(options.startS !== undefined ? { startPosition: options.startS } : {}),
    lowLatencyMode: false,
    liveSyncDuration: 3.5,
    liveMaxLatencyDuration: 6,
    maxBufferLength: options.live ? 12 : 30,
    backBufferLength: 30,
    // A playlist may appear a moment after the lesson has started.
    manifestLoadPolicy: { default: { maxTimeToFirstByteMs: 8000, maxLoadTimeMs: 15000, timeoutRetry: null, errorRetry: { maxNumRetry: 8, retryDelayMs: 500, maxRetryDelayMs: 2000 } } },
    xhrSetup: renewing(addresses),
  })
  let recovered = 0
  hls.on(Hls.Events.ERROR, (_event, data) => {
    const why = failureOf(data.details, data.response?.code)
    if (why === 'refused' || (why === 'closed' && !options.live)) {
      // So are its other sizes: nothing is gained by trying them. What is live has its own ways to come back.
      hls.stopLoad()
      options.onFailed?.(why)
      return
    }
    if (!data.fatal) return
    recovered += 1
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recovered <= 3) hls.recoverMediaError()
    else if (data.type === Hls.ErrorTypes.NETWORK_ERROR && recovered <= 3) hls.startLoad()
    else options.onFailed?.(why)
  })
  hls.loadSource(url)
  hls.attachMedia(element)
  return { playingUtcMs: () => hls.playingDate?.getTime() ?? null, close: () => hls.destroy() }
}

/** Has a request of hls.js made by the newest address. */
export function renewing(addresses: PlayAddresses): (xhr: XMLHttpRequest, url: string) => void {
  return (xhr, url) => xhr.open('GET', addresses.renewed(url), true)
}
