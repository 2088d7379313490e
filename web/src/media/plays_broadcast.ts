/** Whether this browser plays the broadcast's H.264 at all. */
export function playsBroadcast(): boolean {
  const type = 'video/mp4; codecs="avc1.42E01E"'
  const sources = globalThis as { MediaSource?: typeof MediaSource; ManagedMediaSource?: typeof MediaSource }
  return [sources.MediaSource, sources.ManagedMediaSource].some((source) => source?.isTypeSupported(type)) || document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== ''
}
