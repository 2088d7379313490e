/** What this browser can play: asked before anything that plays is loaded. */
import { wayToPlay, type Abilities } from '../core/ways_to_play'

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
