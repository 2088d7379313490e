import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { en as answersEn, zh as answersZh } from '../src/words/answers'
import { en as binEn, zh as binZh } from '../src/words/bin'
import { en as cuttingEn, zh as cuttingZh } from '../src/words/cutting'
import { en as deletedEn, zh as deletedZh } from '../src/words/deleted'
import en from '../src/words/en'
import { en as groupReplaysEn, zh as groupReplaysZh } from '../src/words/group_replays'
import { en as jobReasonsEn, zh as jobReasonsZh } from '../src/words/job_reasons'
import { en as libraryEn, zh as libraryZh } from '../src/words/library'
import { en as measuresEn, zh as measuresZh } from '../src/words/measures'
import { en as mediaEn, zh as mediaZh } from '../src/words/media'
import { en as officeEn, zh as officeZh } from '../src/words/office'
import { en as pastEn, zh as pastZh } from '../src/words/past'
import { en as playerEn, zh as playerZh } from '../src/words/player'
import { en as publishingEn, zh as publishingZh } from '../src/words/publishing'
import { en as studioEn, zh as studioZh } from '../src/words/studio'
import { en as togetherEn, zh as togetherZh } from '../src/words/together'
import { en as verdictEn, zh as verdictZh } from '../src/words/verdict'
import { en as viewsEn, zh as viewsZh } from '../src/words/views'
import zh from '../src/words/zh-CN'

type Tree = { readonly [key: string]: string | Tree }

function leaves(tree: Tree, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') found.set(prefix + key, value)
    else for (const [path, text] of leaves(value, `${prefix}${key}.`)) found.set(path, text)
  }
  return found
}

const english = leaves({ ...en, ...jobReasonsEn, ...mediaEn, ...officeEn, ...studioEn, ...cuttingEn, ...togetherEn, ...viewsEn, verdict: verdictEn, player: playerEn, shelf: libraryEn, publishing: publishingEn, past: pastEn, answers: answersEn, measures: measuresEn, groupReplays: groupReplaysEn, bin: binEn, deleted: deletedEn })
const chinese = leaves({ ...zh, ...jobReasonsZh, ...mediaZh, ...officeZh, ...studioZh, ...cuttingZh, ...togetherZh, ...viewsZh, verdict: verdictZh, player: playerZh, shelf: libraryZh, publishing: publishingZh, past: pastZh, answers: answersZh, measures: measuresZh, groupReplays: groupReplaysZh, bin: binZh, deleted: deletedZh })
const source = new URL('../src/', import.meta.url)
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(vue|ts)$/.test(name) && !name.startsWith('words'))
const text = files.map((name) => readFileSync(new URL(name, source), 'utf8')).join('\n')

describe('the words', () => {
  it('are the same keys in both languages', () => expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort()))

  it('have the same placeholders in both languages', () => {
    const holes = (words: string | undefined): string[] => [...(words ?? '').matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort()
    const once = (words: string | undefined): string[] => [...new Set(holes(words))]
    for (const [key, words] of english) expect([key, once(chinese.get(key))]).toEqual([key, once(words)])
  })

  it('are Chinese in Chinese', () => {
    const foreign = [...chinese].filter(([key, words]) => !/[\u4e00-\u9fff、：—]/.test(words) && !['watch.minutes'].includes(key))
    expect(foreign).toEqual([])
  })

  it('hold every key that a page asks for', () => {
    const asked = [...text.matchAll(/\bt\('([a-zA-Z0-9_.]+)'/g)].map((match) => match[1] ?? '')
    expect(asked.length).toBeGreaterThan(100)
    expect([...new Set(asked)].filter((key) => !english.has(key))).toEqual([])
  })

  it('come with every page that asks for them, where the first load does without them', () => {
    const later = { media: Object.keys(mediaEn), office: Object.keys(officeEn), studio: Object.keys(studioEn), cutting: Object.keys(cuttingEn), together: Object.keys(togetherEn), views: Object.keys(viewsEn), verdict: ['verdict'], player: ['player'], library: ['shelf'], publishing: ['publishing'], past: ['past'], answers: ['answers'], measures: ['measures'], bin: ['bin'], deleted: ['deleted'] }
    for (const name of files.filter((file) => file !== 'router.ts')) {
      const page = readFileSync(new URL(name, source), 'utf8')
      for (const [words, groups] of Object.entries(later)) {
        const asks = new RegExp(`\\bt\\(['\`](?:${groups.join('|')})\\.`).test(page)
        if (asks) expect([name, words, page.includes(`words/${words}'`)]).toEqual([name, words, true])
      }
    }
  })

  it('hold a word for every member of a family that is asked for by template', () => {
    const families = [...text.matchAll(/\bt\(`([a-zA-Z0-9_.]+)\.\$\{/g)].map((match) => match[1] ?? '')
    expect(families.length).toBeGreaterThan(5)
    for (const family of families) expect([family, [...english.keys()].some((key) => key.startsWith(`${family}.`))]).toEqual([family, true])
  })

  it('have no character that vue-i18n would read as syntax, but for (none,) one and several', () => {
    for (const [key, words] of [...english, ...chinese]) {
      expect([key, /@/.test(words)]).toEqual([key, false])
      if (!words.includes('|')) continue
      const forms = words.split(' | ')
      expect([key, [2, 3].includes(forms.length), forms.slice(-2).every((form) => form.includes('{n}') && !form.includes('|'))]).toEqual([key, true, true])
    }
  })

  it('say in the full name of a button what stands on it, so that who speaks to the page is understood (WCAG 2.5.3)', () => {
    const named = [...english.keys()].filter((key) => key.endsWith('Name') && english.has(key.slice(0, -4)) && text.includes(`aria-label="t('${key}'`))
    expect(named).toContain('bin.restoreName')
    for (const words of [english, chinese]) {
      for (const key of named) expect([words.get(key)?.toLowerCase(), words.get(key)?.toLowerCase().includes(words.get(key.slice(0, -4))?.toLowerCase() ?? '?')]).toEqual([words.get(key)?.toLowerCase(), true])
    }
  })

  it('count one thing as one, and none as several', () => {
    const { t } = createI18n({ legacy: false, locale: 'en', messages: { en: { ...en, ...studioEn } } }).global
    const say = t as (key: string, values: Record<string, unknown>) => string
    expect([0, 1, 2].map((n) => say('question.votes', { n }))).toEqual(['0 votes', '1 vote', '2 votes'])
    expect(say('screenDesk.heads', { n: 1 })).toBe('1 person')
  })
})
