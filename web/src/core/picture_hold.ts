/**
 * The class is there at once, the broadcast's picture is seconds late. What asks for an act (a poll that is open, a check-in, a hand)
 * never waits. What the presenter shows or gives away in the picture does, until that moment is seen: docs/decisions/0034-looking-back.md
 * has the table.
 *
 * Per path there is the exact entity, and those before it whose moment was not seen yet. What is shown is the exact entity with the
 * picture's part of the last one that was seen.
 */
import type { Json } from './wire'

type Entity = Readonly<Record<string, Json>>
type Shown = Json | undefined
/** What is shown of `exact` while only `seen` was seen; `exact` itself where nothing of it waits. */
type Rule = (seen: Entity | undefined, exact: Entity | undefined) => Shown

const pick = (entity: Entity | undefined, names: readonly string[], otherwise: Entity): Entity => Object.fromEntries(names.map((name) => [name, entity?.[name] ?? otherwise[name] ?? null]))
const GIVEN_AWAY = ['published', 'right', 'right_count', 'accepted', 'explanation'] as const
const RESULTS = ['counts', 'texts', 'groups', 'marks'] as const
const IN_TURN: readonly Json[] = ['published', 'pinned', 'answered']

/** Comes with the picture; goes at once, because somebody took it back. */
const whole: Rule = (seen, exact) => (exact === undefined || seen !== undefined ? exact : undefined)
/** As long as it is not what is being shown, it is as it was. */
const shownBy = (name: string): Rule => (seen, exact) => (exact === undefined || (seen?.[name] ?? false) === exact[name] ? exact : seen)

const rules: Readonly<Record<string, Rule>> = {
  // The solution, and results that were for staff alone until then.
  poll: (seen, exact) => {
    if (!exact || exact['published'] !== true || seen?.['published'] === true) return exact
    return { ...exact, ...pick(seen, [...GIVEN_AWAY, ...(exact['show'] === 'live' ? [] : RESULTS)], { published: false }) }
  },
  'my/vote': (seen, exact) => (!exact || (seen?.['correct'] ?? null) === exact['correct'] || exact['correct'] === null ? exact : { ...exact, ...pick(seen, ['correct', 'marks'], {}) }),
  draw: whole,
  standing: whole,
  outcome: shownBy('shown'),
  group_pool: shownBy('shown'),
  group_points: shownBy('final'),
  // The one that is answered now. What was dismissed or merged is gone at once.
  question: (seen, exact) => {
    if (!exact || !seen || seen['state'] === exact['state'] || (seen['state'] !== 'pinned' && exact['state'] !== 'pinned')) return exact
    return [seen['state'], exact['state']].every((state) => IN_TURN.includes(state ?? null)) ? { ...exact, ...pick(seen, ['state', 'start_ms', 'end_ms'], {}) } : exact
  },
  // It says of the picture that no replay will have it: of the one that is seen.
  aside: (seen) => seen,
}

interface Waiting {
  readonly dueUtcMs: number
  entity: Entity | undefined
}

/** A picture that stands or does not tell its clock withholds the class no longer than this. */
export const LONGEST_MS = 15_000

export class PictureHold {
  private readonly seen = new Map<string, Entity | undefined>()
  private readonly waiting = new Map<string, Waiting[]>()

  /**
   * An entity changed at `nowUtcMs` (undefined: it is gone); `shown` is what is shown of it so far. Returns what is to be shown.
   */
  receive(path: string, shown: Shown, exact: Shown, nowUtcMs: number): Shown {
    const rule = rules[kindOf(path)]
    if (!rule) return exact
    const queue = this.waiting.get(path) ?? []
    const last = queue.at(-1)
    const entity = exact as Entity | undefined
    const seen = last ? last.entity : (shown as Entity | undefined)
    if (same(rule(seen, entity), entity)) {
      if (last) last.entity = entity
    } else {
      if (!last) this.seen.set(path, seen)
      queue.push({ dueUtcMs: nowUtcMs, entity })
      this.waiting.set(path, queue)
    }
    return this.shownOf(path, rule, entity)
  }

  /** The picture has come to a moment (null: it does not tell); returns the paths of which something else is to be shown now. */
  release(pictureUtcMs: number | null, nowUtcMs: number): string[] {
    const until = Math.max(pictureUtcMs ?? 0, nowUtcMs - LONGEST_MS)
    const changed: string[] = []
    for (const [path, queue] of this.waiting) {
      const over = queue.filter((entry) => entry.dueUtcMs <= until)
      if (over.length === 0) continue
      changed.push(path)
      queue.splice(0, over.length)
      this.seen.set(path, over.at(-1)?.entity)
      if (queue.length > 0) continue
      this.waiting.delete(path)
      this.seen.delete(path)
    }
    return changed
  }

  /** What is to be shown of an entity now. */
  show(path: string, exact: Shown): Shown {
    const rule = rules[kindOf(path)]
    return rule ? this.shownOf(path, rule, exact as Entity | undefined) : exact
  }

  /** Paths of which something waits. */
  get held(): readonly string[] {
    return [...this.waiting.keys()]
  }

  private shownOf(path: string, rule: Rule, exact: Entity | undefined): Shown {
    return this.waiting.has(path) ? rule(this.seen.get(path), exact) : exact
  }
}

function kindOf(path: string): string {
  const parts = path.split('/')
  return parts[0] === 'my' ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
}

const same = (one: Shown, other: Shown): boolean => JSON.stringify(one) === JSON.stringify(other)
