/**
 * Who stands where on the stage. A shared screen is the hero; a single camera beside it is its inset; more become a strip of
 * tiles. Without a screen cameras share the stage as a grid, and a single one has it alone.
 */
import type { SlotMap, Source, Track } from './wire'

export interface Tile {
  /** Stays the same while the tile does: the receiving mid of a picture, `own-…` of an own one, `seat-…` without a picture. */
  readonly key: string
  readonly participant: string
  readonly source: 'camera' | 'screen'
  /** The receiving mid, or null when the picture is our own or there is none. */
  readonly mid: string | null
  readonly picture: boolean
  readonly paused: boolean
  /** The codec that keeps this browser from showing the picture. */
  readonly unplayable: string | null
  /** The microphone: on, muted, or not there. */
  readonly mic: 'on' | 'off' | 'none'
  readonly own: boolean
}

/** What whoever leads the lesson may do to somebody on stage. */
export type TileAct = 'mute-mic' | 'mute-camera' | 'mute-screen' | 'off-stage' | 'remove'

export type Shape = 'empty' | 'alone' | 'inset' | 'hero' | 'grid'

export interface StageScene {
  readonly me: string | null
  readonly slots: SlotMap
  readonly tracks: readonly Track[]
  /** What we send ourselves right now. */
  readonly own: readonly Source[]
  readonly presenters: ReadonlySet<string>
  /** People of this room; in a group others are on stage elsewhere. Null: the main room. */
  readonly members: ReadonlySet<string> | null
}

/** Tiles in the order in which they are drawn: screens, presenters, then in the order in which people came on stage. */
export function tilesOf(scene: StageScene): Tile[] {
  const mics = new Map<string, 'on' | 'off'>()
  for (const track of scene.tracks) if (track.source === 'mic' && mics.get(track.participant) !== 'on') mics.set(track.participant, track.active ? 'on' : 'off')
  if (scene.me !== null && scene.own.includes('mic')) mics.set(scene.me, 'on')
  const micOf = (who: string): Tile['mic'] => mics.get(who) ?? 'none'
  const tiles: Tile[] = []
  for (const source of scene.own) {
    if (source !== 'mic' && scene.me !== null) tiles.push({ key: `own-${source}`, participant: scene.me, source, mid: null, picture: true, paused: false, unplayable: null, mic: micOf(scene.me), own: true })
  }
  for (const [mid, slot] of Object.entries(scene.slots)) {
    if (slot && slot.source !== 'mic') tiles.push({ key: mid, participant: slot.participant, source: slot.source, mid, picture: true, paused: slot.paused === true, unplayable: slot.unplayable ?? null, mic: micOf(slot.participant), own: false })
  }
  // Whoever is heard but not seen keeps a seat, too.
  const seen = new Set(tiles.filter((tile) => tile.source === 'camera').map((tile) => tile.participant))
  const seats = new Set(scene.tracks.filter((track) => track.active && track.source !== 'screen').map((track) => track.participant))
  if (scene.me !== null && scene.own.includes('mic')) seats.add(scene.me)
  for (const who of seats) {
    if (!seen.has(who) && (scene.members === null || scene.members.has(who))) tiles.push({ key: `seat-${who}`, participant: who, source: 'camera', mid: null, picture: false, paused: false, unplayable: null, mic: micOf(who), own: who === scene.me })
  }
  const came = [...new Set(scene.tracks.map((track) => track.participant))]
  const rank = (tile: Tile): number => {
    if (tile.source === 'screen') return tile.own ? -2 : -1
    if (scene.presenters.has(tile.participant)) return 0
    const at = came.indexOf(tile.participant)
    return 1 + (at < 0 ? came.length : at)
  }
  return tiles.map((tile, at) => ({ tile, at })).sort((a, b) => rank(a.tile) - rank(b.tile) || a.at - b.at).map(({ tile }) => tile)
}

/** How the tiles share the stage; the hero, if there is one, is the first tile. A single seat without a picture is no stage. */
export function shapeOf(tiles: readonly Tile[]): Shape {
  const pictures = tiles.filter((tile) => tile.picture).length
  if (pictures === 0) return tiles.length > 1 ? 'grid' : 'empty'
  if (tiles.length === 1) return 'alone'
  if (tiles[0]?.source !== 'screen' && pictures > 1) return 'grid'
  return tiles.length === 2 && tiles[1]?.picture === true ? 'inset' : 'hero'
}

/** The hero first: a screen is first already; without one it is the only picture. */
export function heroFirst(tiles: readonly Tile[]): Tile[] {
  const hero = tiles.find((tile) => tile.source === 'screen') ?? tiles.find((tile) => tile.picture)
  return hero ? [hero, ...tiles.filter((tile) => tile !== hero)] : [...tiles]
}

const ASPECT = 16 / 9

/** Columns of a grid of `count` tiles that makes 16:9 tiles as large as the stage allows. */
export function gridColumns(count: number, width: number, height: number): number {
  let [best, columns] = [0, 1]
  for (let tried = 1; tried <= count; tried += 1) {
    const rows = Math.ceil(count / tried)
    const tile = Math.min(width / tried, (height / rows) * ASPECT)
    if (tile > best + 0.5) [best, columns] = [tile, tried]
  }
  return columns
}

/** Where the last row of the grid begins: the index of its first tile, and the half column (from 1) in which that stands. */
export function lastRowOf(count: number, columns: number): { readonly at: number; readonly column: number } {
  const inRow = count % columns || Math.min(count, columns)
  return { at: count - inRow, column: columns - inRow + 1 }
}
