/** Which key does what in the player: one table, for the keys themselves and for the list of them. */

export type PlayerCommand =
  | { readonly do: 'toggle' | 'mute' | 'fill' | 'captions' | 'help' | 'faster' | 'slower' | 'next-chapter' | 'previous-chapter' }
  | { readonly do: 'by'; readonly ms: number }
  | { readonly do: 'share'; readonly share: number }

/** What the list says of the keys, in its order; `words` is the key of its sentence. */
export const LISTED: readonly { readonly keys: readonly string[]; readonly words: string }[] = [
  { keys: ['Space', 'K'], words: 'toggle' },
  { keys: ['J', 'L'], words: 'ten' },
  { keys: ['←', '→'], words: 'five' },
  { keys: ['0', '9'], words: 'share' },
  { keys: ['[', ']'], words: 'chapter' },
  { keys: ['<', '>'], words: 'speed' },
  { keys: ['M'], words: 'mute' },
  { keys: ['C'], words: 'captions' },
  { keys: ['F'], words: 'fill' },
  { keys: ['?'], words: 'help' },
]

const SIMPLE: Readonly<Record<string, PlayerCommand>> = {
  ' ': { do: 'toggle' },
  k: { do: 'toggle' },
  j: { do: 'by', ms: -10_000 },
  l: { do: 'by', ms: 10_000 },
  m: { do: 'mute' },
  f: { do: 'fill' },
  c: { do: 'captions' },
  '?': { do: 'help' },
  '<': { do: 'slower' },
  '>': { do: 'faster' },
  '[': { do: 'previous-chapter' },
  ']': { do: 'next-chapter' },
}

/** What a key (as `KeyboardEvent.key` names it) asks for; null: nothing of ours. */
export function commandOf(key: string, shift: boolean): PlayerCommand | null {
  if (key === 'ArrowLeft' || key === 'ArrowRight') return { do: 'by', ms: (shift ? 10_000 : 5_000) * (key === 'ArrowLeft' ? -1 : 1) }
  if (/^[0-9]$/.test(key)) return { do: 'share', share: Number(key) / 10 }
  return SIMPLE[key.toLowerCase()] ?? null
}

/** Where a key belongs to what has the focus, and not to the player. */
export function isTaken(key: string, tag: string, type: string, role: string | null): boolean {
  if (tag === 'TEXTAREA' || tag === 'SELECT') return true
  if (tag === 'INPUT' && type !== 'range' && type !== 'checkbox') return true
  if (role === 'slider' || (tag === 'INPUT' && type === 'range')) return /^(Arrow|Page|Home$|End$)/.test(key)
  return key === ' ' && (tag === 'BUTTON' || tag === 'A' || tag === 'SUMMARY' || tag === 'INPUT')
}
