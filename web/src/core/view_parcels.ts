/**
 * What one player has not been able to report yet, as browser storage keeps it: a parcel for each player (a page that played),
 * so that two tabs never write the same one. A page that is alive touches its parcel; one that was left behind is sent by the
 * next page of the same viewer. Whoever else uses this browser neither sends nor sees it.
 */
import type { PlayedInterval } from './played_intervals'
import type { Waiting } from './view_queue'

export type PlayedKind = 'replay' | 'microcourse' | 'group_recording'
const PLAYED: readonly PlayedKind[] = ['replay', 'microcourse', 'group_recording']

export interface Parcel {
  readonly viewer: string
  /** With which right it was played: `account`, or one medium by a link's token. */
  readonly scope: string
  readonly medium: PlayedKind
  readonly id: string
  readonly version: string | number
  readonly player: string
  readonly waiting: readonly Waiting[]
  readonly position: { readonly positionMs: number; readonly utcMs: number } | null
  /** By the device's clock, which may be set at any time. */
  readonly touchedUtcMs: number
  /** The same moment by the clock that `waiting` and `position` are told by (`SteadyClock`); pages before it had none. */
  readonly touchedClockMs?: number
  /** The page said that it goes: nobody has to wait for it. */
  readonly left: boolean
}

export const MOST_PARCELS = 50
/** A live page touches its parcel every four seconds, in the background at least once a minute. */
const LEFT_AFTER_MS = 90_000
const KEPT_MS = 60 * 24 * 3_600_000

/** What the clock of a parcel's page would show by now. A device's clock that was set back since adds nothing. */
export const clockOf = (parcel: Parcel, nowUtcMs: number): number => (parcel.touchedClockMs ?? parcel.touchedUtcMs) + Math.max(0, nowUtcMs - parcel.touchedUtcMs)

/** `living`: the players whose pages live in this browser; null where it does not tell. A page that is frozen counts as living: only for so long. */
export const isLeftBehind = (parcel: Parcel, nowUtcMs: number, living: ReadonlySet<string> | null = null): boolean =>
  parcel.left || living?.has(parcel.player) === false || Math.abs(nowUtcMs - parcel.touchedUtcMs) > LEFT_AFTER_MS

/** Which parcels, by name, are given up: too old, or too many (the oldest). */
export function givenUp(parcels: ReadonlyMap<string, Parcel | null>, nowUtcMs: number): string[] {
  const newest = [...parcels].sort(([, a], [, b]) => (b?.touchedUtcMs ?? 0) - (a?.touchedUtcMs ?? 0))
  return newest.filter(([, parcel], at) => parcel === null || at >= MOST_PARCELS || nowUtcMs - parcel.touchedUtcMs > KEPT_MS).map(([name]) => name)
}

/** What storage held, if it is one of ours: others can write there too. */
export function asParcel(found: unknown): Parcel | null {
  if (!isRecord(found)) return null
  const { viewer, scope, medium, id, version, player, waiting, position, touchedUtcMs, touchedClockMs, left } = found
  if (![viewer, scope, id, player].every((one) => typeof one === 'string') || !Number.isFinite(touchedUtcMs) || typeof left !== 'boolean') return null
  if (touchedClockMs !== undefined && !Number.isFinite(touchedClockMs)) return null
  if (!PLAYED.includes(medium as PlayedKind)) return null
  if (typeof version !== 'number' && typeof version !== 'string') return null
  if (!Array.isArray(waiting) || !waiting.every(isWaiting)) return null
  if (position !== null && !(isRecord(position) && Number.isFinite(position['positionMs']) && Number.isFinite(position['utcMs']))) return null
  return found as unknown as Parcel
}

const NUMBERS: readonly (keyof PlayedInterval)[] = ['from_ms', 'to_ms', 'started_utc_ms', 'wall_ms', 'speed']

function isWaiting(found: unknown): boolean {
  if (!isRecord(found) || typeof found['sent'] !== 'boolean' || !isRecord(found['interval'])) return false
  const interval = found['interval']
  return typeof interval['id'] === 'string' && NUMBERS.every((name) => Number.isFinite(interval[name])) && typeof interval['visible'] === 'boolean' && typeof interval['audible'] === 'boolean' && ['boolean', 'undefined'].includes(typeof interval['captions'])
}

function isRecord(found: unknown): found is Record<string, unknown> {
  return typeof found === 'object' && found !== null
}
