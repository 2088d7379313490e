/** Curves of the editor's lanes: how many took part, how many were still watching; drawn, and told. Milliseconds of the replay. */
import type { Window } from './edit_list'

/** One value for each `stepMs` of the replay. */
export interface Curve {
  readonly stepMs: number
  readonly values: readonly number[]
}

/** A stretch of a drawn curve, in shares of the window and of the highest value: 0 to 1 each. */
export interface Bar {
  readonly left: number
  readonly wide: number
  readonly tall: number
}

export interface CurveRow {
  readonly atMs: number
  readonly tookPart: number | null
  readonly staying: number | null
}

const TABLE_STEPS_MS = [60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000]

export const highest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0)

/** The visible part of a curve as at most `most` bars, each as tall as the highest value in it. */
export function barsOf(curve: Curve, window: Window, most: number): Bar[] {
  const { stepMs, values } = curve
  const top = highest(values)
  const span = window.to - window.from
  if (top === 0 || span <= 0) return []
  const first = Math.max(0, Math.floor(window.from / stepMs))
  const last = Math.min(values.length, Math.ceil(window.to / stepMs))
  const together = Math.max(1, Math.ceil((last - first) / most))
  const bars: Bar[] = []
  // From a whole number of bars on: what is drawn does not flicker while it is scrolled.
  for (let at = Math.floor(first / together) * together; at < last; at += together) {
    const from = Math.max(window.from, at * stepMs)
    const to = Math.min(window.to, (at + together) * stepMs)
    if (to > from) bars.push({ left: (from - window.from) / span, wide: (to - from) / span, tall: highest(values.slice(at, at + together)) / top })
  }
  return bars
}

/** When the most took part; null where nobody did. */
export function busiest(curve: Curve): { readonly atMs: number; readonly people: number } | null {
  const people = highest(curve.values)
  return people === 0 ? null : { atMs: curve.values.indexOf(people) * curve.stepMs, people }
}

/** Between which moments the most viewers left: the steepest fall over `overMs`. Null where none did. */
export function steepest(curve: Curve, overMs: number): { readonly atMs: number; readonly left: number } | null {
  const over = Math.max(1, Math.round(overMs / curve.stepMs))
  let found: { readonly atMs: number; readonly left: number } | null = null
  for (let at = 0; at + over < curve.values.length; at += 1) {
    const left = (curve.values[at] ?? 0) - (curve.values[at + over] ?? 0)
    if (left > (found?.left ?? 0)) found = { atMs: at * curve.stepMs, left }
  }
  return found
}

/** Both curves as a table of at most `most` rows: the most who took part in a minute of it, and how many watched where it begins. */
export function curveRows(tookPart: Curve, staying: Curve, durationMs: number, most = 30): CurveRow[] {
  const step = TABLE_STEPS_MS.find((ms) => durationMs / ms <= most) ?? Math.ceil(durationMs / most / 3_600_000) * 3_600_000
  const rows: CurveRow[] = []
  for (let at = 0; at < durationMs; at += step) {
    rows.push({
      atMs: at,
      tookPart: tookPart.values.length > 0 ? highest(tookPart.values.slice(Math.floor(at / tookPart.stepMs), Math.ceil((at + step) / tookPart.stepMs))) : null,
      staying: staying.values.length > 0 ? staying.values[Math.floor(at / staying.stepMs)] ?? 0 : null,
    })
  }
  return rows
}
