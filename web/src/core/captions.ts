/** Captions as the server writes them (WebVTT, cleaned): what is shown at a moment, as plain words. */

export interface Caption {
  readonly fromMs: number
  readonly toMs: number
  readonly text: string
}

const TIMES = /^(\d{2,}):(\d\d):(\d\d)\.(\d{3}) --> (\d{2,}):(\d\d):(\d\d)\.(\d{3})$/
const WRITTEN: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' }

/** What is not understood is left out. */
export function captionsOf(file: string): Caption[] {
  const found: Caption[] = []
  for (const block of file.split('\n\n')) {
    const [times = '', ...lines] = block.replace(/\n+$/, '').split('\n')
    const parts = TIMES.exec(times)?.slice(1).map(Number)
    if (parts) found.push({ fromMs: clock(parts.slice(0, 4)), toMs: clock(parts.slice(4)), text: plain(lines.join('\n')) })
  }
  return found
}

/** Who speaks stands before what they say; the other marks are dropped. */
function plain(text: string): string {
  return text.replace(/<v ([^<>]*)>/g, '$1: ').replace(/<[^<>]*>/g, '').replace(/&(?:lt|gt|amp);/g, (written) => WRITTEN[written] ?? '')
}

function clock([hours = 0, minutes = 0, seconds = 0, thousandths = 0]: readonly number[]): number {
  return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
}

/** What is shown at a moment, the earlier first. */
export function shownAt(captions: readonly Caption[], ms: number): string[] {
  return captions.filter((one) => ms >= one.fromMs && ms < one.toMs).map((one) => one.text)
}

/** Which language is shown: the one that was chosen, else one of the same tongue, else none. */
export function languageFor(chosen: string | null, languages: readonly string[]): string | null {
  if (chosen === null) return null
  return languages.find((one) => one === chosen) ?? languages.find((one) => one.split('-')[0] === chosen.split('-')[0]) ?? null
}

/** The next choice: each language in turn, then none. */
export function nextLanguage(shown: string | null, languages: readonly string[]): string | null {
  return shown === null ? (languages[0] ?? null) : (languages[languages.indexOf(shown) + 1] ?? null)
}
