/**
 * How a microcourse shows slides and camera while both are seen: where the worker puts them (`mediaworker/layout.py`), so that the
 * editor shows what will be made. `tests/vectors/arrangements.json` holds both together.
 */
import type { Part } from './edit_list'
import { placesAt, type TimedPicture } from './replay_layout'

export const ARRANGEMENTS = ['inset', 'side_by_side', 'slides'] as const
export type Arrangement = (typeof ARRANGEMENTS)[number]

/** Left, top, width and height in pixels of the made picture. */
export type Box = readonly [left: number, top: number, width: number, height: number]

/** The made picture, and what is seen of it beside a picture that does not fill its box. */
export const MADE = { width: 1280, height: 720, background: '#181818' } as const
const WHOLE: Box = [0, 0, MADE.width, MADE.height]
const BOTH: Readonly<Record<Arrangement, Readonly<Record<TimedPicture['source'], Box | null>>>> = {
  inset: { screen: WHOLE, camera: [944, 524, 320, 180] },
  side_by_side: { screen: [16, 116, 864, 486], camera: [896, 256, 368, 206] },
  slides: { screen: WHOLE, camera: null },
}

/** Where each picture, in the order given, stands at a moment of the replay; null: it is not seen then. */
export function boxesAt(pictures: readonly TimedPicture[], ms: number, arrangement: Arrangement): (Box | null)[] {
  const places = placesAt(pictures, ms, false)
  const both = places.includes('inset')
  return pictures.map(({ source }, at) => (both ? BOTH[arrangement][source] : places[at] === 'main' ? WHOLE : null))
}

/** Where each picture stands as shares of the made picture, for a style sheet. */
export function sharesOf([left, top, width, height]: Box): Readonly<Record<`--${'left' | 'top' | 'width' | 'height'}`, number>> {
  return { '--left': left / MADE.width, '--top': top / MADE.height, '--width': width / MADE.width, '--height': height / MADE.height }
}

/** The first moment of the parts, in their order, at which two pictures are seen, and an arrangement is; null: there is none. */
export function bothFrom(pictures: readonly TimedPicture[], parts: readonly Part[]): number | null {
  for (const [start, end] of parts) {
    const begins = [start, ...pictures.flatMap(({ spans }) => spans.map(([from]) => from))].filter((ms) => ms >= start && ms < end)
    const found = begins.sort((a, b) => a - b).find((ms) => placesAt(pictures, ms, false).includes('inset'))
    if (found !== undefined) return found
  }
  return null
}
