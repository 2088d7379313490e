import { describe, expect, it } from 'vitest'
import { activeRids, layersOf } from '../src/core/simulcast'
import { gridColumns, heroFirst, lastRowOf, shapeOf, tilesOf, type StageScene } from '../src/core/stage_layout'
import { codecName, unplayableOf, worthBroadcast } from '../src/core/unplayable'
import { newsOf, sizeOf, type ViewSize } from '../src/core/view_sizes'
import type { Source, Track } from '../src/core/wire'

const track = (participant: string, source: Source, active = true): Track => ({ id: `${participant}:${source}`, participant, source, kind: source === 'mic' ? 'audio' : 'video', active, muted_by: null })
const slot = (participant: string, source: Source, paused = false) => ({ track: `${participant}:${source}`, participant, source, paused })
const scene = (part: Partial<StageScene>): StageScene => ({ me: 'me', slots: {}, tracks: [], own: [], presenters: new Set(['teacher']), members: null, ...part })
const drawn = (part: Partial<StageScene>) => tilesOf(scene(part)).map((tile) => `${tile.participant} ${tile.picture ? tile.source : 'seat'} ${tile.mic}`)

describe('tiles', () => {
  it('come in the order screen, presenter, as people came; whoever is only heard keeps a seat', () => {
    const tracks = [track('ann', 'camera'), track('ann', 'mic', false), track('ben', 'mic'), track('teacher', 'camera'), track('teacher', 'screen'), track('teacher', 'mic')]
    expect(drawn({ tracks, slots: { '3': slot('ann', 'camera'), '4': slot('teacher', 'camera'), '5': slot('teacher', 'screen'), '9': slot('ben', 'mic'), '6': null } })).toEqual(['teacher screen on', 'teacher camera on', 'ann camera off', 'ben seat on'])
  })
  it('hold a seat for cameras that have no slot', () => {
    const tracks = [track('ann', 'camera'), track('ben', 'camera')]
    expect(drawn({ tracks, slots: { '3': slot('ben', 'camera') } })).toEqual(['ann seat none', 'ben camera none'])
  })
  it('show what we send ourselves, seen or only heard', () => {
    expect(drawn({ own: ['camera', 'mic'] })).toEqual(['me camera on'])
    expect(drawn({ own: ['mic'], slots: { '3': slot('teacher', 'camera') }, tracks: [track('teacher', 'camera'), track('me', 'mic')] })).toEqual(['teacher camera none', 'me seat on'])
  })
  it('leave out seats of people in other rooms', () => {
    expect(drawn({ tracks: [track('teacher', 'mic'), track('ann', 'mic')], members: new Set(['me', 'ann']) })).toEqual(['ann seat on'])
  })
  it('say which picture is paused', () => {
    expect(tilesOf(scene({ slots: { '3': slot('ann', 'camera', true) } }))[0]?.paused).toBe(true)
  })
  it('say which picture this browser cannot decode', () => {
    const slots = { '3': { ...slot('ann', 'camera'), unplayable: 'H264' }, '4': { ...slot('ben', 'camera'), unplayable: null } }
    expect(tilesOf(scene({ slots })).map((tile) => tile.unplayable)).toEqual(['H264', null])
  })
  it('keep their keys while others come and go', () => {
    const key = (part: Partial<StageScene>) => tilesOf(scene(part)).find((tile) => tile.participant === 'ann')?.key
    expect(key({ slots: { '3': slot('ann', 'camera') } })).toBe(key({ slots: { '3': slot('ann', 'camera'), '4': slot('ben', 'screen') } }))
  })
})

describe('the broadcast instead of pictures that cannot be decoded', () => {
  const lost = (participant: string, source: Source, codec = 'H264') => ({ ...slot(participant, source), unplayable: codec })
  const worth = (slots: StageScene['slots']) => worthBroadcast(unplayableOf(slots), new Set(['teacher'])).map((picture) => `${picture.participant} ${picture.source}`)
  it.each([
    ['a screen, whoever shares it', { '3': lost('ann', 'screen') }, ['ann screen']],
    ['the presenter, not a guest', { '3': lost('ann', 'camera'), '4': lost('teacher', 'camera', 'VP8') }, ['teacher camera']],
    ['nothing that the broadcast does not have either', { '3': lost('teacher', 'camera', 'AV1') }, []],
    ['nothing that can be seen or only heard', { '3': slot('teacher', 'camera'), '4': null, '9': lost('teacher', 'mic') }, []],
  ] as const)('for %s', (_, slots, expected) => expect(worth(slots)).toEqual(expected))
  it('names the codec as people write it', () => expect(['H264', 'VP8'].map(codecName)).toEqual(['H.264', 'VP8']))
})

describe('the shape of the stage', () => {
  const shape = (part: Partial<StageScene>) => shapeOf(heroFirst(tilesOf(scene(part))))
  const two = { '3': slot('ann', 'camera'), '4': slot('ben', 'camera') }
  it.each([
    ['nobody', {}, 'empty'],
    ['one voice', { tracks: [track('ann', 'mic')] }, 'empty'],
    ['voices', { tracks: [track('ann', 'mic'), track('ben', 'mic')] }, 'grid'],
    ['one camera', { slots: { '3': slot('ann', 'camera') } }, 'alone'],
    ['two cameras', { slots: two }, 'grid'],
    ['a screen and a camera', { slots: { '3': slot('ann', 'camera'), '4': slot('ann', 'screen') } }, 'inset'],
    ['a screen and a voice', { slots: { '4': slot('ann', 'screen') }, tracks: [track('ben', 'mic')] }, 'hero'],
    ['a screen and two cameras', { slots: { ...two, '5': slot('ann', 'screen') } }, 'hero'],
    ['a camera and a voice', { slots: { '3': slot('ann', 'camera') }, tracks: [track('ben', 'mic')] }, 'hero'],
  ] as const)('with %s', (_, part, expected) => expect(shape(part)).toBe(expected))
  it('puts the only picture in front of voices', () => {
    const tiles = tilesOf(scene({ slots: { '3': slot('ann', 'camera') }, tracks: [track('teacher', 'mic'), track('ann', 'camera')] }))
    expect(heroFirst(tiles).map((tile) => tile.participant)).toEqual(['ann', 'teacher'])
  })
  it.each([
    [1, 1000, 600, 1],
    [2, 1000, 600, 1],
    [2, 1000, 420, 2],
    [4, 1000, 600, 2],
    [9, 1000, 600, 3],
    [12, 1000, 520, 4],
    [12, 390, 300, 3],
    [5, 390, 220, 2],
  ])('places %i tiles on %i × %i in %i columns', (count, width, height, columns) => expect(gridColumns(count, width, height)).toBe(columns))
})

describe('simulcast', () => {
  it('makes fewer layers of a smaller camera, and always one', () => {
    expect(layersOf(720).map((layer) => layer.rid)).toEqual(['q', 'h', 'f'])
    expect(layersOf(360).map((layer) => layer.rid)).toEqual(['h', 'f'])
    expect(layersOf(180).map((layer) => layer.rid)).toEqual(['f'])
    expect(layersOf(null)).toHaveLength(3)
  })
  it('runs what is wanted and there', () => {
    expect([...activeRids(720, null)]).toEqual(['q', 'h', 'f'])
    expect([...activeRids(720, ['q'])]).toEqual(['q'])
    expect([...activeRids(720, [])]).toEqual([])
    expect([...activeRids(360, ['q', 'f'])]).toEqual(['h', 'f'])
    expect([...activeRids(180, ['q'])]).toEqual(['f'])
  })
})

describe('views', () => {
  const tile = { mid: '3', source: 'camera', width: 180, visible: true } as const
  it.each([
    [{}, true, 1, 'small'],
    [{}, true, 3, 'small'],
    [{ width: 240 }, true, 2, 'large'],
    [{ width: 500 }, true, 1, 'large'],
    [{ source: 'screen' }, true, 1, 'large'],
    [{ visible: false }, true, 1, 'hidden'],
    [{ source: 'screen' }, false, 1, 'hidden'],
    [{ width: 0 }, true, 1, 'hidden'],
  ] as const)('of %o, page visible %s, at ratio %f are %s', (part, visible, ratio, expected) => expect(sizeOf({ ...tile, ...part }, visible, ratio)).toBe(expected))
  it('are told once', () => {
    const told = new Map<string, ViewSize>([['3', 'small'], ['4', 'large']])
    expect(newsOf(told, new Map([['3', 'small'], ['4', 'hidden'], ['5', 'large']]))).toEqual({ '4': { size: 'hidden' }, '5': { size: 'large' } })
  })
})

describe('the last row of a grid', () => {
  it('stands in the middle when it is not full', () => {
    expect(lastRowOf(3, 2)).toEqual({ at: 2, column: 2 })
    expect(lastRowOf(10, 4)).toEqual({ at: 8, column: 3 })
    expect(lastRowOf(4, 2)).toEqual({ at: 2, column: 1 })
    expect(lastRowOf(3, 1)).toEqual({ at: 2, column: 1 })
  })
})
