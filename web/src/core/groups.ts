/** Forming breakout groups by chance or by hand. */

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
