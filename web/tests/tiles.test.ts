import { describe, expect, it } from 'vitest'
import { tileAt, tilesOf } from '../src/core/tiles'

const TEXT = `WEBVTT

00:00:00.000 --> 00:00:05.000
tiles-000.jpg#xywh=0,0,160,90

01:00:05.000 --> 01:00:07.500
tiles-001.jpg#xywh=160,90,160,90

00:00:09.000 --> 00:00:10.000
https://elsewhere/x.jpg#xywh=0,0,1,1
`

describe('tiles', () => {
  const tiles = tilesOf(TEXT, '/play/token/tiles.vtt')

  it('are read with the address of their sheet, and none from elsewhere', () => {
    expect(tiles).toHaveLength(2)
    expect(tiles[1]).toEqual({ fromMs: 3_605_000, toMs: 3_607_500, url: '/play/token/tiles-001.jpg', x: 160, y: 90, width: 160, height: 90 })
  })

  it('are found by their moment', () => {
    expect(tileAt(tiles, 0)).toBe(tiles[0])
    expect(tileAt(tiles, 3_606_000)).toBe(tiles[1])
    expect(tileAt(tiles, 9_999_999)).toBe(tiles[1])
    expect(tileAt([], 0)).toBeNull()
  })
})
