/**
 * Reactions on their way: taps are gathered, one command is under way at a time. Pure; the shell sends what `next` returns and
 * says when it was answered.
 */
import type { ReactionKind } from './wire'

export const KINDS: readonly ReactionKind[] = ['like', 'heart', 'clap', 'laugh', 'wow']
/** What the server counts of one person in one event. */
export const MOST = 10
export const EVERY_MS = 1000

export type Counts = Partial<Record<ReactionKind, number>>

export class Taps {
  private waiting: Counts = {}
  private under: Counts | null = null

  /** Takes a tap; false when there are so many that another would only be refused. */
  add(kind: ReactionKind): boolean {
    if (sumOf(this.waiting) >= MOST) return false
    this.waiting[kind] = (this.waiting[kind] ?? 0) + 1
    return true
  }

  /** What to send now; null while something is under way or nothing waits. */
  next(): Counts | null {
    if (this.under !== null || sumOf(this.waiting) === 0) return null
    this.under = this.waiting
    this.waiting = {}
    return this.under
  }

  /** The server has answered what was under way. */
  settle(): void {
    this.under = null
  }

  /** Taps of a kind that the server has not counted yet. */
  ahead(kind: ReactionKind): number {
    return (this.waiting[kind] ?? 0) + (this.under?.[kind] ?? 0)
  }
}

export function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, n) => sum + n, 0)
}

/** Which pictures rise when the sums changed: as many of each as came, at most `most` in all, the frequent ones first. */
export function risen(before: Counts | null, now: Counts, most: number): ReactionKind[] {
  if (before === null) return []
  const came = KINDS.map((kind) => ({ kind, n: Math.max(0, (now[kind] ?? 0) - (before[kind] ?? 0)) })).sort((a, b) => b.n - a.n)
  const all = came.flatMap(({ kind, n }) => Array.from({ length: Math.min(n, most) }, () => kind))
  return all.slice(0, most)
}
