/** A ranking whose options were written down in the right order: as learners get it, in an order that gives nothing away. Pure. */

export interface MixedRanking {
  readonly options: string[]
  /** The places of the right order among `options`, the best first. */
  readonly right: number[]
}

/**
 * Sorts the options, which says nothing about the answer, and turns them by one where that is the right order by chance: an
 * answer begins with the options as they are given, and whoever only presses "send" shall not be right.
 */
export function mixed(inOrder: readonly string[]): MixedRanking {
  const sorted = [...inOrder].sort()
  const given = sorted.every((option, at) => option === inOrder[at]) ? [...sorted.slice(1), ...sorted.slice(0, 1)] : sorted
  return { options: given, right: inOrder.map((option) => given.indexOf(option)) }
}
