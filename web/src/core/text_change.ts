/** What somebody did to a text, found by comparing it before and after: one stretch that was replaced. */
export interface TextChange {
  readonly at: number
  readonly removed: number
  readonly inserted: string
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000

/**
 * The smallest single replacement that makes `after` of `before`; null where nothing changed. `caret` is where the cursor stands in `after`: of
 * several answers (a letter typed beside its like) the one that ends there is meant. Never cuts a surrogate pair.
 */
export function changeOf(before: string, after: string, caret: number): TextChange | null {
  if (before === after) return null
  const shorter = Math.min(before.length, after.length)
  let same = 0
  const most = Math.min(shorter, Math.max(0, caret - Math.max(0, after.length - before.length)))
  while (same < most && before.charCodeAt(same) === after.charCodeAt(same)) same += 1
  if (same > 0 && isHigh(before.charCodeAt(same - 1)) && (isLow(before.charCodeAt(same)) || isLow(after.charCodeAt(same)))) same -= 1
  let tail = 0
  while (tail < shorter - same && before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)) tail += 1
  if (tail > 0 && isLow(before.charCodeAt(before.length - tail)) && (isHigh(before.charCodeAt(before.length - tail - 1)) || isHigh(after.charCodeAt(after.length - tail - 1)))) tail -= 1
  return { at: same, removed: before.length - same - tail, inserted: after.slice(same, after.length - tail) }
}
