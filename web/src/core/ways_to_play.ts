/**
 * How a browser plays a recording. With Media Source Extensions (Managed Media Source on iPhones since iOS 17.1) hls.js does, by
 * itself where it has HLS (older iPhones, WKWebView of in-app browsers, X5). A WebView with neither gets the one file there is.
 */
export interface Abilities {
  readonly mediaSource: boolean
  readonly nativeHls: boolean
}

/** Why a recording that began to load does not play: its key was refused, its files were, it could not be decrypted, or whatever else. */
export type Failure = 'refused' | 'closed' | 'unreadable' | 'broken'

/** An address that has run out, is not for one, or of what is held or was deleted; 404 may be one file that is missing. */
const CLOSED: readonly (number | undefined)[] = [401, 403, 409, 410]

/** `details` as hls.js names it, with the status of the answer if there was one. What is refused is refused again. */
export function failureOf(details: string, status: number | undefined): Failure {
  if (details === 'keyLoadError' && status !== undefined && status >= 400 && status < 500) return 'refused'
  if (details.endsWith('LoadError') && CLOSED.includes(status)) return 'closed'
  return details === 'fragDecryptError' ? 'unreadable' : 'broken'
}

export type Way = 'media-source' | 'native' | 'file' | 'none'

/** `file`: whether there is a file that needs neither. */
export function wayToPlay({ mediaSource, nativeHls }: Abilities, file: boolean): Way {
  if (mediaSource) return 'media-source'
  if (nativeHls) return 'native'
  return file ? 'file' : 'none'
}
