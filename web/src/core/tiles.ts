/** The small pictures of a recording: a WebVTT whose cues name a part of a sheet (`sheet.jpg#xywh=x,y,w,h`). */

export interface Tile {
  readonly fromMs: number
  readonly toMs: number
  readonly url: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

function millisecondsOf(text: string): number {
  const parts = text.trim().split(':').map(Number)
  return Math.round(parts.reduce((total, part) => total * 60 + part, 0) * 1000)
}

/** Reads the cues; `base` is the address of the file itself. What is not understood is left out. */
export function tilesOf(text: string, base: string): Tile[] {
  const tiles: Tile[] = []
  for (const block of text.split(/\r?\n\r?\n/)) {
    const [times = '', place = ''] = block.split(/\r?\n/)
    const [from, to] = times.split(' --> ').map(millisecondsOf)
    const [, sheet, area] = /^([\w.-]+)#xywh=([\d,]+)$/.exec(place) ?? []
    const [x, y, width, height] = (area ?? '').split(',').map(Number)
    if (sheet === undefined || from === undefined || to === undefined || Number.isNaN(from + to)) continue
    if (x === undefined || y === undefined || !width || !height) continue
    tiles.push({ fromMs: from, toMs: to, url: base.replace(/[^/]*$/, sheet), x, y, width, height })
  }
  return tiles
}

/** The tile that is seen at a moment; the last one after the end. */
export function tileAt(tiles: readonly Tile[], ms: number): Tile | null {
  return tiles.find((tile) => ms < tile.toMs) ?? tiles.at(-1) ?? null
}
