import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ARRANGEMENTS, bothFrom, boxesAt, MADE, sharesOf, type Arrangement, type Box } from '../src/core/arrangement'
import type { TimedPicture } from '../src/core/replay_layout'

type Source = TimedPicture['source']
interface Vectors {
  readonly picture: typeof MADE
  readonly spans: Readonly<Record<Source, readonly (readonly [number, number])[]>>
  readonly moments: readonly { readonly name: string; readonly at_ms: number; readonly shows: Readonly<Record<Arrangement, Readonly<Partial<Record<Source, Box>>>>> }[]
}

const vectors = JSON.parse(readFileSync(new URL('../../tests/vectors/arrangements.json', import.meta.url), 'utf8')) as Vectors
const pictures: readonly TimedPicture[] = [{ source: 'screen', spans: vectors.spans.screen }, { source: 'camera', spans: vectors.spans.camera }]

describe('an arrangement, by the vectors of the worker that makes it', () => {
  it('has the size and the ground of what is made', () => expect(vectors.picture).toEqual(MADE))

  it.each(vectors.moments.flatMap((moment) => ARRANGEMENTS.map((arrangement) => [moment.name, arrangement, moment] as const)))('%s: %s', (_name, arrangement, moment) => {
    const shown = moment.shows[arrangement]
    expect(boxesAt(pictures, moment.at_ms, arrangement)).toEqual([shown.screen ?? null, shown.camera ?? null])
  })

  it('knows each arrangement of the worker', () => {
    for (const moment of vectors.moments) expect(Object.keys(moment.shows)).toEqual([...ARRANGEMENTS])
  })
})

describe('bothFrom', () => {
  it.each([
    ['in the middle of a part', [[5_000, 30_000]], 10_000],
    ['at once', [[12_000, 30_000]], 12_000],
    ['in the order in which the parts are shown', [[35_000, 45_000], [5_000, 15_000]], 35_000],
    ['never: the camera alone, the screen alone', [[0, 10_000], [20_000, 30_000], [40_000, 60_000]], null],
    ['never: no parts', [], null],
  ] as const)('%s', (_name, parts, ms) => expect(bothFrom(pictures, parts)).toBe(ms))

  it('is never where there is one picture', () => expect(bothFrom(pictures.slice(0, 1), [[0, 60_000]])).toBeNull())

  it('is at once where it is not known when pictures are seen', () => {
    expect(bothFrom([{ source: 'screen', spans: [] }, { source: 'camera', spans: [] }], [[3_000, 4_000]])).toBe(3_000)
  })
})

it('says shares of the made picture', () => expect(sharesOf([320, 180, 640, 90])).toEqual({ '--left': 0.25, '--top': 0.25, '--width': 0.5, '--height': 0.125 }))
