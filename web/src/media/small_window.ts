/**
 * The picture in a small window over other programs. Where a page may fill such a window itself (Document Picture-in-Picture),
 * everything that lies over the picture goes with it: captions, the viewer's name, both pictures of a lesson. Elsewhere the
 * browser takes one video alone; captions then go along as its own text track, which Safari and Firefox draw there.
 */
import type { Caption } from '../core/captions'

interface FloatingWindows {
  requestWindow(size: { width: number; height: number }): Promise<Window>
}

const floating = (): FloatingWindows | undefined => (window as { documentPictureInPicture?: FloatingWindows }).documentPictureInPicture

/** Whether everything over the picture goes along; whether there is a small window at all. */
export const takesEverything = (): boolean => floating() !== undefined
export const hasSmallWindow = (): boolean => takesEverything() || document.pictureInPictureEnabled

/** An element of this page in a window of its own, until that is closed or `close()`; then it is back where it was. */
export class SmallWindow {
  private readonly place = document.createComment('in a small window')

  private constructor(
    private readonly host: Window,
    private readonly area: HTMLElement,
    private readonly onClosed: () => void,
  ) {
    area.replaceWith(this.place)
    host.document.body.append(area)
    host.addEventListener('pagehide', this.back, { once: true })
  }

  /** Raises what the browser says: without a tap or a key there is no window. */
  static async open(area: HTMLElement, onKey: (event: KeyboardEvent) => void, onClosed: () => void): Promise<SmallWindow> {
    const windows = floating()
    if (!windows) throw new DOMException('No small window', 'NotSupportedError')
    const { clientWidth, clientHeight } = area
    const host = await windows.requestWindow({ width: Math.min(480, clientWidth), height: Math.round((Math.min(480, clientWidth) * clientHeight) / Math.max(1, clientWidth)) })
    dress(host)
    host.addEventListener('keydown', onKey)
    return new SmallWindow(host, area, onClosed)
  }

  close(): void {
    this.back()
    this.host.close()
  }

  private readonly back = (): void => {
    if (!this.place.isConnected) return
    this.place.replaceWith(this.area)
    this.onClosed()
  }
}

/** The same look: our style sheets as constructed ones, which the Content-Security-Policy lets through. */
function dress(host: Window): void {
  const from = document.documentElement
  for (const { name, value } of from.attributes) host.document.documentElement.setAttribute(name, value)
  host.document.title = document.title
  const sheet = new (host as Window & typeof globalThis).CSSStyleSheet()
  const rules = [...document.styleSheets, ...document.adoptedStyleSheets].flatMap(rulesOf)
  sheet.replaceSync([...rules, 'body { margin: 0; overflow: hidden }'].join('\n'))
  host.document.adoptedStyleSheets = [sheet]
}

function rulesOf(sheet: CSSStyleSheet): string[] {
  try {
    return [...sheet.cssRules].map((rule) => rule.cssText)
  } catch {
    return [] // of another origin: an extension's, not ours
  }
}

/** Captions as a text track of the video, for a small window that takes nothing else. */
export class NativeCaptions {
  private readonly track: TextTrack

  constructor(video: HTMLVideoElement) {
    this.track = [...video.textTracks].find((one) => one.label === LABEL) ?? video.addTextTrack('captions', LABEL)
  }

  show(captions: readonly Caption[]): void {
    this.clear()
    this.track.mode = 'showing'
    for (const { fromMs, toMs, text } of captions) this.track.addCue(new VTTCue(fromMs / 1000, toMs / 1000, text.replace(/&/g, '&amp;').replace(/</g, '&lt;')))
  }

  hide(): void {
    this.clear()
    this.track.mode = 'disabled'
  }

  private clear(): void {
    for (const cue of [...(this.track.cues ?? [])]) this.track.removeCue(cue)
  }
}

const LABEL = 'lectern'
