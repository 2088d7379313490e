/** How a camera is sent: in three sizes at once, of which only those that somebody watches are made. */
export interface Layer {
  readonly rid: string
  readonly scaleResolutionDownBy: number
  readonly maxBitrate: number
}

/** From the smallest to the largest, as the server numbers them. */
export const CAMERA_LAYERS: readonly Layer[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_800_000 },
]
/** Below this a picture says nothing any more. */
const LEAST_HEIGHT = 135

/** Layers that a camera of this height can fill; null when its height is unknown. */
export function layersOf(height: number | null): readonly Layer[] {
  if (height === null) return CAMERA_LAYERS
  return CAMERA_LAYERS.filter((layer) => layer.scaleResolutionDownBy === 1 || height / layer.scaleResolutionDownBy >= LEAST_HEIGHT)
}

/**
 * Which encodings run. `wanted` is what the server last asked for, null before it said anything: then all.
 * A small camera has no small layers: whoever wants one gets the smallest that there is.
 */
export function activeRids(height: number | null, wanted: readonly string[] | null): ReadonlySet<string> {
  const there = layersOf(height).map((layer) => layer.rid)
  if (wanted === null) return new Set(there)
  const active = wanted.map((rid) => (there.includes(rid) || !CAMERA_LAYERS.some((layer) => layer.rid === rid) ? rid : there[0]))
  return new Set(active.filter((rid) => rid !== undefined))
}
