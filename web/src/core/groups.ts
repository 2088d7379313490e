/** Forming breakout groups by chance, by hand, by department or from a list; and the breakout put together. */
import { one, type EntityStore } from './entities'
import type { BreakoutGroup, BreakoutState } from './wire'

export interface Breakout extends Omit<BreakoutState, 'groups'> {
  readonly groups: readonly BreakoutGroup[]
}

const none: BreakoutState = { state: 'none', groups: [], ends_utc_ms: null, last_minute: false, late: 'stay', recorded: false, visits: {}, calls: {}, voices: [], told: null }

/** The breakout with its groups, in their order. */
export function breakoutOf(store: EntityStore): Breakout {
  const state = (store.get('breakout') as BreakoutState | undefined) ?? none
  return { ...state, groups: state.groups.flatMap((id) => one(store, 'group', id) ?? []) }
}

/** The group in which somebody is now, as a member or on a visit; null is the main room. */
export function groupWith(breakout: Breakout, person: string | undefined): BreakoutGroup | null {
  if (breakout.state !== 'open' || person === undefined) return null
  const visited = breakout.visits[person]
  return breakout.groups.find((group) => (visited === undefined ? group.members.includes(person) : group.id === visited)) ?? null
}

/** Everybody in a group now: its members, and staff who look in. */
export function peopleIn(breakout: Breakout, group: BreakoutGroup): string[] {
  const visitors = Object.entries(breakout.visits).flatMap(([who, where]) => (where === group.id ? [who] : []))
  return [...group.members.filter((member) => breakout.visits[member] === undefined), ...visitors]
}

export interface Plan {
  readonly names: readonly string[]
  readonly members: readonly (readonly string[])[]
}

/** People sorted by a word of theirs (a department); without one they share the last group. */
export function groupsBy(people: readonly string[], wordOf: (person: string) => string | null, without: string): Plan {
  const found = new Map<string, string[]>()
  for (const person of people) {
    const word = wordOf(person)?.trim() ?? ''
    found.set(word, [...(found.get(word) ?? []), person])
  }
  const named = [...found].sort(([a], [b]) => Number(a === '') - Number(b === '') || a.localeCompare(b))
  return { names: named.map(([name]) => (name === '' ? without : name)), members: named.map(([, members]) => members) }
}

export interface ListPlan extends Plan {
  /** Lines that name nobody here, or somebody twice, as they stand. */
  readonly unknown: readonly string[]
}

/** Groups out of pasted lines `name, group` (comma, semicolon or tab; quotes and a heading are fine). */
export function groupsFromList(text: string, people: readonly { readonly id: string; readonly name: string }[]): ListPlan {
  const names: string[] = []
  const members: string[][] = []
  const unknown: string[] = []
  const free = [...people]
  text.split(/\r?\n/).forEach((line) => {
    const [name, group] = line.split(/[,;\t，；]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'))
    if (!name && !group) return
    const at = free.findIndex((person) => person.name.trim().toLocaleLowerCase() === name?.toLocaleLowerCase())
    const [person] = at < 0 || !group ? [] : free.splice(at, 1)
    if (!person || !group) {
      unknown.push(line.trim())
      return
    }
    if (!names.includes(group)) {
      names.push(group)
      members.push([])
    }
    members[names.indexOf(group)]?.push(person.id)
  })
  return { names, members, unknown }
}

/** Text in pieces, so that web addresses can be drawn as links. Nothing but http and https becomes one. */
export function withLinks(text: string): { readonly text: string; readonly href: string | null }[] {
  return text
    .split(/(https?:\/\/[^\s<>"'，。；）)]*[^\s<>"'，。；）).,;:!?])/)
    .map((piece, at) => ({ text: piece, href: at % 2 === 1 ? piece : null }))
    .filter((piece) => piece.text !== '')
}

/** Deals people into `count` groups whose sizes differ by at most one. `rng` returns numbers in [0, 1). */
export function dealGroups(people: readonly string[], count: number, rng: () => number): string[][] {
  const shuffled = [...people]
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const pick = Math.floor(rng() * (last + 1))
    const [a, b] = [shuffled[last], shuffled[pick]]
    if (a !== undefined && b !== undefined) [shuffled[last], shuffled[pick]] = [b, a]
  }
  const groups: string[][] = Array.from({ length: count }, () => [])
  shuffled.forEach((person, at) => groups[at % count]?.push(person))
  return groups
}

/** The same groups with one person in group `to`; `null` takes the person out of all groups. */
export function moveTo(groups: readonly (readonly string[])[], person: string, to: number | null): string[][] {
  return groups.map((members, at) => {
    const others = members.filter((member) => member !== person)
    return at === to ? [...others, person] : others
  })
}

/**
 * Who goes where when groups open. Whoever is planned keeps the place, also when their connection breaks in just that moment: they
 * come back into their group. Only who was sent out is dropped. Unplaced people of whom staff decided so (`aside`), or who are
 * here, stay out of the rule for latecomers.
 */
export function opening(
  plan: readonly (readonly string[])[],
  learners: readonly { readonly id: string; readonly online: boolean }[],
  aside: ReadonlySet<string>,
): { readonly members: string[][]; readonly staying: string[] } {
  const known = new Set(learners.map((person) => person.id))
  const members = plan.map((group) => group.filter((person) => known.has(person)))
  const placed = new Set(members.flat())
  const staying = learners.filter((person) => !placed.has(person.id) && (person.online || aside.has(person.id))).map((person) => person.id)
  return { members, staying }
}

interface Taking {
  readonly messages: number
  readonly answers: number
  readonly notes_chars: number
}

/** How much each member took part, beside whoever did most (100): messages, answers and notes weigh the same. */
export function sharesOf(members: readonly Taking[]): number[] {
  const kinds = ['messages', 'answers', 'notes_chars'] as const
  const sums = kinds.map((kind) => members.reduce((sum, member) => sum + member[kind], 0))
  const taken = members.map((member) => kinds.reduce((sum, kind, at) => sum + (sums[at] ? member[kind] / sums[at] : 0), 0))
  const most = Math.max(...taken, 0)
  return taken.map((part) => (most > 0 ? Math.round((part / most) * 100) : 0))
}
