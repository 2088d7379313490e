/** The interface's two languages. Only the one in use is loaded; the browser's wish is the default, the person's choice stays. */
import { createI18n } from 'vue-i18n'
import type { BinWords } from './bin'
import type { CuttingWords } from './cutting'
import type { DeletedWords } from './deleted'
import type { Words as FirstWords } from './en'
import type { LibraryWords } from './library'
import type { OfficeWords } from './office'
import type { PastWords } from './past'
import type { PlayerWords } from './player'
import type { StudioWords } from './studio'
import type { TogetherWords } from './together'
import type { VerdictWords } from './verdict'

/** Some words come later, with the pages that need them. */
type Words = FirstWords & OfficeWords & StudioWords & TogetherWords & CuttingWords & { readonly verdict: VerdictWords; readonly player: PlayerWords; readonly past: PastWords; readonly shelf: LibraryWords; readonly bin: BinWords; readonly deleted: DeletedWords }
export type Language = 'zh-CN' | 'en'

const KEY = 'lectern.language'

export const i18n = createI18n<[Words], Language, false>({
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- still the only way to the composition API in vue-i18n 11
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: {} as Record<Language, Words>,
  missingWarn: false,
  fallbackWarn: false,
})

function wished(): Language {
  const chosen = new URLSearchParams(location.search).get('lang') ?? remembered()
  const candidates = chosen ? [chosen, ...navigator.languages] : navigator.languages
  for (const candidate of candidates) {
    if (candidate.toLowerCase().startsWith('zh')) return 'zh-CN'
    if (candidate.toLowerCase().startsWith('en')) return 'en'
  }
  return 'en'
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    // Storage may be closed to us inside an embedding page.
    return null
  }
}

/** Fetch a language without speaking it: a form may be in another one than the page around it. */
export async function learn(language: Language): Promise<void> {
  const words: { default: FirstWords } = language === 'zh-CN' ? await import('./zh-CN') : await import('./en')
  // Merged: pages may have brought words of their own before this language was chosen.
  i18n.global.mergeLocaleMessage(language, words.default)
}

async function load(language: Language): Promise<void> {
  await learn(language)
  i18n.global.locale.value = language
  document.documentElement.lang = language
}

export async function startWords(): Promise<void> {
  await load(wished())
}

export async function speak(language: Language): Promise<void> {
  await load(language)
  try {
    localStorage.setItem(KEY, language)
  } catch {
    // The choice then lasts as long as the page.
  }
}
