/**
 * How a browser plays a recording. With Media Source Extensions (Managed Media Source on iPhones since iOS 17.1) hls.js does, by
 * itself where it has HLS (older iPhones, WKWebView of in-app browsers, X5). A WebView with neither gets the one file there is.
 */
export interface Abilities {
  readonly mediaSource: boolean
  readonly nativeHls: boolean
}

export type Way = 'media-source' | 'native' | 'file' | 'none'

/** `file`: whether there is a file that needs neither. */
export function wayToPlay({ mediaSource, nativeHls }: Abilities, file: boolean): Way {
  if (mediaSource) return 'media-source'
  if (nativeHls) return 'native'
  return file ? 'file' : 'none'
}
