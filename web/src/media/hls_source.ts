/**
 * Plays one HLS playlist in one media element: hls.js where Media Source Extensions exist (loaded only when needed), the
 * browser's own player otherwise. What is no playlist (an MP4) is the browser's too. `close()` frees the element.
 */
import type HlsPlayer from 'hls.js'
import type { PlayAddresses } from '../core/play_addresses'
import { wayToPlay, type Abilities } from '../core/ways_to_play'
import { openAddresses } from './open_addresses'

export interface HlsSource {
  /** Wall-clock time of what is on screen (EXT-X-PROGRAM-DATE-TIME), or null where the player does not know it. */
  playingUtcMs(): number | null
  close(): void
}

/** What this browser has for the H.264 of broadcasts and recordings. */
export function abilities(): Abilities {
  const type = 'video/mp4; codecs="avc1.42E01E"'
  const sources = globalThis as { MediaSource?: typeof MediaSource; ManagedMediaSource?: typeof MediaSource }
  return {
    mediaSource: [sources.MediaSource, sources.ManagedMediaSource].some((source) => source?.isTypeSupported(type)),
    nativeHls: document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== '',
  }
}

/** Whether this browser plays the broadcast at all. */
export const playsBroadcast = (): boolean => wayToPlay(abilities(), false) !== 'none'

async function loaded(separateSound: boolean): Promise<typeof HlsPlayer> {
  return (separateSound ? await import('hls.js') : await import('hls.js/light')).default
}

/**
 * `separateSound`: the playlist names its sound in a list of its own, which the light hls.js does not know. `addresses`: what was
 * renewed while it plays, where that is not the page's.
 */
export async function attachHls(element: HTMLMediaElement, url: string, options: { live: boolean; startS?: number; addresses?: PlayAddresses; separateSound?: boolean; onFailed?: () => void }): Promise<HlsSource> {
  const addresses = options.addresses ?? openAddresses
  const isPlaylist = new URL(url, location.href).pathname.endsWith('.m3u8')
  const Hls = isPlaylist && wayToPlay(abilities(), false) === 'media-source' ? await loaded(options.separateSound ?? false) : null
  if (!Hls?.isSupported()) {
    const onError = (): void => options.onFailed?.()
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
    if (!data.fatal) return
    recovered += 1
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && recovered <= 3) hls.recoverMediaError()
    else if (data.type === Hls.ErrorTypes.NETWORK_ERROR && recovered <= 3) hls.startLoad()
    else options.onFailed?.()
  })
  hls.loadSource(url)
  hls.attachMedia(element)
  return { playingUtcMs: () => hls.playingDate?.getTime() ?? null, close: () => hls.destroy() }
}

/** Has a request of hls.js made by the newest address. */
export function renewing(addresses: PlayAddresses): (xhr: XMLHttpRequest, url: string) => void {
  return (xhr, url) => xhr.open('GET', addresses.renewed(url), true)
}
