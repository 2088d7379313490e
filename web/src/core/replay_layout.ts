/** Which picture of a recording is large, which is the inset, which is not shown: by what each holds at a moment. */

export interface TimedPicture {
  readonly source: 'camera' | 'screen'
  /** Stretches in which it shows something, [from, to) in ms; empty: not known, always shown. */
  readonly spans: readonly (readonly [number, number])[]
}

export type Place = 'main' | 'inset' | 'away'

function holds(picture: TimedPicture, ms: number): boolean {
  return picture.spans.length === 0 || picture.spans.some(([from, to]) => ms >= from && ms < to)
}

/**
 * The place of each picture, in the order given. A shared screen is large and the camera its inset, or the other way round when
 * `swapped`; alone, either is large. In a gap of all of them the first stays, so that the area is never empty.
 */
export function placesAt(pictures: readonly TimedPicture[], ms: number, swapped: boolean): Place[] {
  const order = [...pictures].sort((a, b) => Number(b.source === 'screen') - Number(a.source === 'screen'))
  const shown = order.filter((picture) => holds(picture, ms))
  if (swapped && shown.length > 1) shown.reverse()
  const main = shown[0] ?? order[0]
  return pictures.map((picture) => (picture === main ? 'main' : shown.includes(picture) ? 'inset' : 'away'))
}
