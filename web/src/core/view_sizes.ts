/** How large each received picture is drawn, for the server: it then sends no more than can be seen. */
export type ViewSize = 'large' | 'small' | 'hidden'

/** The small layer of a 720p camera is 320 pixels wide: up to a little more it looks the same. */
const SMALL_PIXELS = 400

export interface Drawn {
  readonly mid: string
  readonly source: 'camera' | 'screen'
  /** CSS pixels; 0 when it is not drawn. */
  readonly width: number
  /** Inside the visible part of its strip. */
  readonly visible: boolean
}

export function sizeOf(drawn: Drawn, pageVisible: boolean, pixelRatio: number): ViewSize {
  if (!pageVisible || !drawn.visible || drawn.width === 0) return 'hidden'
  // Text must stay readable however small it is drawn.
  if (drawn.source === 'screen') return 'large'
  return drawn.width * Math.min(pixelRatio, 2) <= SMALL_PIXELS ? 'small' : 'large'
}

/** What the server does not know yet. */
export function newsOf(told: ReadonlyMap<string, ViewSize>, now: ReadonlyMap<string, ViewSize>): Record<string, { size: ViewSize }> {
  return Object.fromEntries([...now].filter(([mid, size]) => told.get(mid) !== size).map(([mid, size]) => [mid, { size }]))
}
