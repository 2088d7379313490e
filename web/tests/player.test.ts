import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { microcourseSources, replaySources } from '../src/core/lesson_sources'
import { asChoices, FIRST_CHOICES, nextSpeed, SPEEDS } from '../src/core/player_choices'
import { commandOf, isTaken, LISTED } from '../src/core/player_keys'

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

describe('what a page plays', () => {
  it('is both pictures and the sound of a replay, or the finished programme where one picture is wanted', () => {
    const found = { videos: [CAMERA, SCREEN], audio_url: '/a', ladder: LADDER }
    expect(replaySources(found, false)).toEqual({ videos: [CAMERA, SCREEN], audio: '/a', soundOnly: '/a' })
    expect(replaySources(found, true)).toEqual({ videos: [{ source: 'screen', url: LADDER.master_url, spans: [] }], audio: null, soundOnly: LADDER.sound_url })
    expect(replaySources({ ...found, ladder: null }, true).videos).toHaveLength(2)
    expect(replaySources({ ...found, audio_url: null }, true).soundOnly).toBeNull()
  })

  it('is the ladder of a microcourse, or the MP4 of an old one', () => {
    expect(microcourseSources({ video_url: '/v.mp4', ladder: LADDER }).videos[0]?.url).toBe(LADDER.master_url)
    expect(microcourseSources({ video_url: '/v.mp4', ladder: null })).toEqual({ videos: [{ source: 'screen', url: '/v.mp4', spans: [] }], audio: null, soundOnly: null })
    expect(microcourseSources({ video_url: null, ladder: null }).videos).toEqual([])
  })
})
