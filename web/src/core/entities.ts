/**
 * The viewer's picture of the class: entities at paths, changed by wire events and by nothing else.
 *
 * `apply` and `replace` are the whole semantics; the server proves with the same vectors
 * (tests/vectors/entities.json) that snapshot + events equals a fresh snapshot.
 * The map is the caller's, so a shell may hand in an observed one.
 */
import type { EntityKinds, Json, WireEvent } from './wire'

export type EntityStore = Map<string, Json>

/** A store that tells of every change; `undefined`: the entity is gone. */
export class WatchedStore extends Map<string, Json> {
  constructor(private readonly onChange: (path: string, entity: Json | undefined) => void) {
    super()
  }

  override set(path: string, entity: Json): this {
    super.set(path, entity)
    this.onChange(path, entity)
    return this
  }

  override delete(path: string): boolean {
    const there = super.delete(path)
    if (there) this.onChange(path, undefined)
    return there
  }
}

/** Sets or removes every entity that the event puts, in its order. */
export function apply(store: EntityStore, event: WireEvent): void {
  for (const [path, entity] of event.put) {
    if (entity === null) store.delete(path)
    else store.set(path, entity)
  }
}

/** Makes the store equal to a snapshot, touching only what differs by identity. */
export function replace(store: EntityStore, entities: Readonly<Record<string, Json>>): void {
  for (const path of [...store.keys()]) if (!Object.hasOwn(entities, path)) store.delete(path)
  for (const [path, entity] of Object.entries(entities)) store.set(path, entity)
}

export function snapshot(store: EntityStore): Record<string, Json> {
  return Object.fromEntries(store)
}

/** One entity of a kind; the server's contract vouches for its shape. */
export function one<K extends keyof EntityKinds>(store: EntityStore, kind: K, id: string): EntityKinds[K] | undefined {
  return store.get(`${kind}/${id}`) as EntityKinds[K] | undefined
}

/** All entities of a kind, in the order in which they first appeared. */
export function all<K extends keyof EntityKinds>(store: EntityStore, kind: K): EntityKinds[K][] {
  const prefix = `${kind}/`
  const found: EntityKinds[K][] = []
  for (const [path, entity] of store) if (path.startsWith(prefix)) found.push(entity as unknown as EntityKinds[K])
  return found
}
