import { describe, expect, it } from 'vitest'
import { placesAt, type TimedPicture } from '../src/core/replay_layout'

const camera: TimedPicture = { source: 'camera', spans: [[0, 60_000]] }
const screen: TimedPicture = { source: 'screen', spans: [[10_000, 20_000], [30_000, 70_000]] }

describe('placesAt', () => {
  it.each([
    ['only the camera', 5_000, false, ['main', 'away']],
    ['the screen is shared', 15_000, false, ['inset', 'main']],
    ['swapped by hand', 15_000, true, ['main', 'inset']],
    ['swapping one picture changes nothing', 25_000, true, ['main', 'away']],
    ['a span ends before its end', 20_000, false, ['main', 'away']],
    ['only the screen', 65_000, false, ['away', 'main']],
    ['a gap of both', 80_000, false, ['away', 'main']],
  ] as const)('%s', (_name, ms, swapped, places) => {
    expect(placesAt([camera, screen], ms, swapped)).toEqual(places)
  })

  it('shows pictures of unknown spans always', () => {
    const unknown = [{ source: 'camera', spans: [] }, { source: 'screen', spans: [] }] as const
    expect(placesAt(unknown, 1, false)).toEqual(['inset', 'main'])
  })
})
