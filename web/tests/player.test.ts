import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { captionsOf, languageFor, nextLanguage, shownAt } from '../src/core/captions'
import { chapterAt, chapterStep } from '../src/core/chapter_steps'
import { allowed, limitAfter } from '../src/core/in_order'
import { microcourseSources, replaySources } from '../src/core/lesson_sources'
import { asChoices, FIRST_CHOICES, nextSpeed, SPEEDS } from '../src/core/player_choices'
import { commandOf, isTaken, LISTED } from '../src/core/player_keys'
import { momentOf, wallClock } from '../src/core/wall_clock'
import { closes, closesAtOnce, closingOf } from '../src/core/closed'
import { failureOf, wayToPlay } from '../src/core/ways_to_play'

describe('the keys of the player', () => {
  it.each([
    [' ', false, { do: 'toggle' }],
    ['K', true, { do: 'toggle' }],
    ['j', false, { do: 'by', ms: -10_000 }],
    ['l', false, { do: 'by', ms: 10_000 }],
    ['ArrowLeft', false, { do: 'by', ms: -5_000 }],
    ['ArrowRight', true, { do: 'by', ms: 10_000 }],
    ['0', false, { do: 'share', share: 0 }],
    ['9', false, { do: 'share', share: 0.9 }],
    ['<', true, { do: 'slower' }],
    ['>', true, { do: 'faster' }],
    ['?', true, { do: 'help' }],
    ['[', false, { do: 'previous-chapter' }],
    ['Tab', false, null],
    ['x', false, null],
    ['Enter', false, null],
  ] as const)('%s does what it says', (key, shift, expected) => expect(commandOf(key, shift)).toEqual(expected))

  it('are all in the list, and nothing else is', () => {
    const pressed = (shown: string): string => ({ Space: ' ', '←': 'ArrowLeft', '→': 'ArrowRight' })[shown] ?? shown
    for (const { keys } of LISTED) for (const key of keys) expect([key, commandOf(pressed(key), false)]).not.toEqual([key, null])
    const listed = new Set(LISTED.flatMap(({ keys }) => keys.map((key) => commandOf(pressed(key), false)?.do)))
    const known = new Set(' kjlmfc?<>[]0'.split('').map((key) => commandOf(key, false)?.do))
    expect(listed).toEqual(known)
  })

  it.each([
    ['k', 'TEXTAREA', '', null, true],
    ['k', 'INPUT', 'text', null, true],
    ['k', 'INPUT', 'range', null, false],
    ['ArrowLeft', 'INPUT', 'range', null, true],
    ['Home', 'DIV', '', 'slider', true],
    [' ', 'BUTTON', '', null, true],
    ['m', 'BUTTON', '', null, false],
    [' ', 'BODY', '', null, false],
  ] as const)('%s in a %s of type %s is taken: %s %s', (key, tag, type, role, taken) => expect(isTaken(key, tag, type, role)).toBe(taken))
})

describe('what a person chose', () => {
  it('is taken from storage as far as it makes sense', () => {
    expect(asChoices({ speed: 1.5, captions: 'zh-CN' })).toEqual({ speed: 1.5, captions: 'zh-CN' })
    expect(asChoices({ speed: 17, captions: 4 })).toEqual(FIRST_CHOICES)
  })

  it('never comes out of anything that storage may hold as a speed that is not offered', () => {
    fc.assert(fc.property(fc.anything(), (found) => SPEEDS.some((speed) => speed === asChoices(found).speed)))
  })

  it('gets faster and slower by steps, and stops at the ends', () => {
    expect([nextSpeed(1, 1), nextSpeed(1, -1), nextSpeed(2, 1), nextSpeed(0.5, -1), nextSpeed(1.1, 1)]).toEqual([1.25, 0.75, 2, 0.5, 1.25])
  })
})

const LADDER = { master_url: '/play/t/master.m3u8', sound_url: '/play/t/sound.m3u8' }
const CAMERA = { source: 'camera', url: '/c', spans: [] } as const
const SCREEN = { source: 'screen', url: '/s', spans: [] } as const

const MSE = { mediaSource: true, nativeHls: false }
const NEITHER = { mediaSource: false, nativeHls: false }

describe('what a page plays', () => {
  it('is both pictures and the sound of a replay, or the finished programme where one picture is wanted', () => {
    const found = { videos: [CAMERA, SCREEN], audio_url: '/a', ladder: LADDER, download: { url: '/d.mp4' } }
    expect(replaySources(found, false, MSE)).toEqual({ videos: [CAMERA, SCREEN], audio: '/a', soundOnly: '/a' })
    expect(replaySources(found, true, MSE)).toEqual({ videos: [{ source: 'screen', url: LADDER.master_url, spans: [] }], audio: null, soundOnly: LADDER.sound_url })
    expect(replaySources({ ...found, ladder: null }, true, MSE).videos).toHaveLength(2)
    expect(replaySources({ ...found, audio_url: null }, true, MSE).soundOnly).toBeNull()
  })

  it('is the ladder of a microcourse, or the MP4 of an old one', () => {
    expect(microcourseSources({ video_url: '/v.mp4', ladder: LADDER }, MSE).videos[0]?.url).toBe(LADDER.master_url)
    expect(microcourseSources({ video_url: '/v.mp4', ladder: null }, MSE)).toEqual({ videos: [{ source: 'screen', url: '/v.mp4', spans: [] }], audio: null, soundOnly: null })
    expect(microcourseSources({ video_url: null, ladder: null }, MSE).videos).toEqual([])
  })
})

describe('how a browser plays', () => {
  it.each([
    ['a PC, Android, an iPhone since iOS 17.1', true, true, true, 'media-source'],
    ['an older iPhone, WKWebView, X5', false, true, true, 'native'],
    ['a WebView without either', false, false, true, 'file'],
    ['the same where there is no file', false, false, false, 'none'],
  ] as const)('%s', (_name, mediaSource, nativeHls, file, way) => {
    expect(wayToPlay({ mediaSource, nativeHls }, file)).toBe(way)
  })

  it('takes the one file where nothing else plays, if the viewer may have it', () => {
    const file = (url: string) => ({ videos: [{ source: 'screen', url, spans: [] }], audio: null, soundOnly: null })
    const replay = { videos: [CAMERA, SCREEN], audio_url: '/a', ladder: LADDER }
    expect(replaySources({ ...replay, download: { url: '/d.mp4' } }, false, NEITHER)).toEqual(file('/d.mp4'))
    expect(replaySources({ ...replay, download: { url: null } }, false, NEITHER).videos).toEqual([CAMERA, SCREEN])
    expect(microcourseSources({ video_url: '/v.mp4', ladder: LADDER }, NEITHER)).toEqual(file('/v.mp4'))
    expect(microcourseSources({ video_url: null, ladder: LADDER }, NEITHER).videos[0]?.url).toBe(LADDER.master_url)
  })
})

describe('what went wrong', () => {
  it.each([
    ['a key that is not for one', 'keyLoadError', 403, 'refused'],
    ['a sign-in that is over', 'keyLoadError', 401, 'refused'],
    ['a server that is away', 'keyLoadError', 503, 'broken'],
    ['no network', 'keyLoadError', undefined, 'broken'],
    ['a segment that is gone', 'fragLoadError', 404, 'broken'],
    ['a segment of what was deleted', 'fragLoadError', 410, 'closed'],
    ['a segment of what is held', 'fragLoadError', 409, 'closed'],
    ['an address that has run out', 'levelLoadError', 401, 'closed'],
    ['a list that may come a moment later', 'manifestLoadError', 404, 'broken'],
    ['a segment while the server is away', 'fragLoadError', 503, 'broken'],
    ['bytes that cannot be decrypted', 'fragDecryptError', undefined, 'unreadable'],
  ] as const)('%s', (_name, details, status, failure) => {
    expect(failureOf(details, status)).toBe(failure)
  })
})

describe('why it cannot be watched', () => {
  it.each([
    [410, 'replay_deleted', 'deleted'],
    [410, 'microcourse_deleted', 'deleted'],
    [409, 'replay_held', 'held'],
    [409, 'replay_over', 'not_now'],
    [409, 'replay_not_yet', 'not_now'],
    [401, 'unauthenticated', 'sign_in'],
    [404, 'replay_not_found', 'other'],
    [503, 'storage_unavailable', 'other'],
  ] as const)('%s %s', (status, code, why) => {
    expect(closingOf(status, code)).toBe(why)
    expect(closes(status)).toBe(status !== 503)
    expect(closesAtOnce(status)).toBe(['deleted', 'held', 'not_now'].includes(why))
  })
})

describe('a deadline as its field writes it', () => {
  it('is the same moment again, to the minute', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (ms) => {
      const minute = ms - (ms % 60_000)
      expect(momentOf(wallClock(minute))).toBe(minute)
    }))
    expect([wallClock(null), momentOf(''), momentOf('soon')]).toEqual(['', null, null])
  })
})

describe('captions', () => {
  const file = 'WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<v 王芳>第一 <b>句</b> &lt;x&gt; &amp;lt;</v>\n第二行\n\n00:00:02.000 --> 01:00:03.000\nlater\n\nrubbish\n'

  it('are plain words with who speaks, whatever the marks', () => {
    expect(captionsOf(file)).toEqual([{ fromMs: 1_000, toMs: 2_500, text: '王芳: 第一 句 <x> &lt;\n第二行' }, { fromMs: 2_000, toMs: 3_603_000, text: 'later' }])
  })

  it('are shown from their beginning to before their end', () => {
    const found = captionsOf(file)
    expect([999, 1_000, 2_000, 2_500].map((ms) => shownAt(found, ms).length)).toEqual([0, 1, 2, 1])
  })

  it('follow the chosen language, or its sister; each in turn and then none', () => {
    expect([languageFor('zh-CN', ['en', 'zh-CN']), languageFor('zh-TW', ['en', 'zh-CN']), languageFor('de', ['en']), languageFor(null, ['en'])]).toEqual(['zh-CN', 'zh-CN', null, null])
    expect([nextLanguage(null, ['en', 'zh']), nextLanguage('en', ['en', 'zh']), nextLanguage('zh', ['en', 'zh']), nextLanguage(null, [])]).toEqual(['en', 'zh', null, null])
  })
})

describe('watching in order', () => {
  it('goes on by playing, never by jumping', () => {
    expect([limitAfter(null, 9, true), limitAfter(5_000, 5_250, true), limitAfter(5_000, 4_000, true), limitAfter(5_000, 60_000, true), limitAfter(5_000, 5_250, false)]).toEqual([null, 5_250, 5_000, 5_000, 5_000])
    expect([allowed(9_000, null), allowed(9_000, 5_000), allowed(1_000, 5_000)]).toEqual([9_000, 5_000, 1_000])
  })

  it('never lets anybody further than they played', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ seek: fc.integer({ min: 0, max: 100_000 }), plays: fc.integer({ min: 0, max: 40 }) })), (steps) => {
        let limit: number | null = 0
        let played = 0
        for (const { seek, plays } of steps) {
          let at = allowed(seek, limit)
          for (let n = 0; n < plays; n += 1) {
            at += 250
            limit = limitAfter(limit, at, true)
            played += 250
          }
        }
        return limit !== null && limit <= played
      }),
    )
  })
})

describe('chapters', () => {
  const chapters = [{ at_ms: 0 }, { at_ms: 60_000 }, { at_ms: 90_000 }]

  it.each([
    [61_000, 1, 90_000],
    [95_000, 1, null],
    [61_000, -1, 0],
    [70_000, -1, 60_000],
    [500, -1, 0],
  ] as const)('from %i by %i to %s', (ms, by, expected) => expect(chapterStep(chapters, ms, by)).toBe(expected))

  it('know where they are', () => expect([chapterAt(chapters, 0), chapterAt(chapters, 89_999), chapterAt([{ at_ms: 5 }], 0)]).toEqual([0, 1, -1]))
})
