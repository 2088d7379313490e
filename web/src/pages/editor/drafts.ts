/**
 * The drafts of a replay as an open page holds them: changes are sent one after the other, what others save is followed, and a
 * change that met a later one waits for a decision.
 */
import { computed, onBeforeUnmount, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import type { Part } from '../../core/edit_list'
import { editsApi, type Change, type Edit, type Operation, type OtherEditor } from '../../rest/edits'
import { Refusal } from '../../rest/http'

/** A change that somebody's later revision stands against. */
export interface Conflict {
  readonly mine: Change
  readonly theirs: Edit
}

export type Asked = Operation | 'undo' | 'redo'

export interface Drafts {
  readonly items: Ref<readonly Edit[]>
  readonly chapters: Ref<Edit | null>
  readonly current: ComputedRef<Edit | null>
  readonly currentId: Ref<string | null>
  /** Of a draft that is not saved yet. */
  readonly first: Ref<readonly Part[]>
  readonly saving: Ref<'saved' | 'saving' | 'unsaved'>
  readonly problem: Ref<unknown>
  readonly conflict: Ref<Conflict | null>
  readonly others: Ref<readonly OtherEditor[]>
  /** Somebody else's change that has just been taken over. */
  readonly news: Ref<Edit | null>
  load: () => Promise<void>
  act: (asked: Asked, editId?: string) => Promise<boolean>
  begin: (parts: readonly Part[], title?: string) => Promise<boolean>
  drop: (id: string) => Promise<void>
  produce: (newestLook: boolean) => Promise<string | null>
  takeTheirs: () => void
  keepMine: () => Promise<void>
}

const LOOK_MS = 4000
/** Without a network for a moment, the same change is sent again: the server knows it by its id. */
const AGAIN_MS = [500, 1500, 4000]

async function insisting<T>(ask: () => Promise<T>): Promise<T> {
  for (const pause of AGAIN_MS) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 0) throw error
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
  return ask()
}

const changeId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-')

export function useDrafts(replayId: string): Drafts {
  const items = shallowRef<readonly Edit[]>([])
  const chapters = shallowRef<Edit | null>(null)
  const currentId = ref<string | null>(null)
  const first = shallowRef<readonly Part[]>([])
  const saving = ref<'saved' | 'saving' | 'unsaved'>('saved')
  const problem = shallowRef<unknown>(null)
  const conflict = shallowRef<Conflict | null>(null)
  const others = shallowRef<readonly OtherEditor[]>([])
  const news = shallowRef<Edit | null>(null)
  const current = computed(() => items.value.find((edit) => edit.id === currentId.value) ?? null)
  const tab = changeId()
  let line: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let timer: ReturnType<typeof setInterval> | undefined
  let looking = false

  function known(id: string): Edit | undefined {
    return id === chapters.value?.id ? chapters.value : items.value.find((edit) => edit.id === id)
  }

  function put(edit: Edit): void {
    if (edit.kind === 'chapters') chapters.value = edit
    else if (known(edit.id)) items.value = items.value.map((each) => (each.id === edit.id ? edit : each))
    else items.value = [...items.value, edit]
  }

  async function load(): Promise<void> {
    const found = await editsApi.drafts(replayId)
    items.value = found.items
    chapters.value = found.chapters
    if (!current.value) currentId.value = found.items[0]?.id ?? null
    timer ??= setInterval(() => void look(), LOOK_MS)
    void look()
  }

  /** One after the other: each begins with what the one before has left. */
  function inLine<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    waiting += 1
    saving.value = 'saving'
    const done = line.then(async () => {
      try {
        const found = await work()
        problem.value = null
        return found
      } catch (error) {
        problem.value = error
        return otherwise
      } finally {
        waiting -= 1
        if (waiting === 0) saving.value = conflict.value || (problem.value instanceof Refusal && problem.value.status === 0) ? 'unsaved' : 'saved'
      }
    })
    line = done
    return done
  }

  async function send(id: string, change: Change): Promise<boolean> {
    try {
      put(await insisting(() => editsApi.change(id, change)))
      return true
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'edited_meanwhile') throw error
      const theirs = error.details['edit'] as Edit
      put(theirs)
      conflict.value = { mine: change, theirs }
      return false
    }
  }

  function act(asked: Asked, editId?: string): Promise<boolean> {
    return inLine(async () => {
      if (conflict.value) return false
      let id = editId ?? currentId.value
      if (id === null) {
        const begun = await editsApi.begin(replayId, first.value)
        put(begun)
        currentId.value = id = begun.id
      }
      const edit = known(id)
      if (!edit) return false
      const what = typeof asked === 'string' ? { step: asked } : { operation: asked }
      return send(id, { change_id: changeId(), from_revision: edit.revision, ...what })
    }, false)
  }

  function begin(parts: readonly Part[], title = ''): Promise<boolean> {
    return inLine(async () => {
      const begun = await editsApi.begin(replayId, parts, title)
      put(begun)
      currentId.value = begun.id
      return true
    }, false)
  }

  async function drop(id: string): Promise<void> {
    await inLine(async () => {
      await editsApi.drop(id)
      forget(id)
    }, undefined)
  }

  function forget(id: string): void {
    items.value = items.value.filter((edit) => edit.id !== id)
    if (currentId.value === id) currentId.value = items.value[0]?.id ?? null
  }

  function produce(newestLook: boolean): Promise<string | null> {
    return inLine(async () => {
      const edit = current.value
      if (!edit || conflict.value) return null
      const made = await editsApi.produce(edit.id, edit.revision, newestLook)
      put({ ...edit, microcourse_id: made.microcourse_id })
      return made.microcourse_id
    }, null)
  }

  function takeTheirs(): void {
    conflict.value = null
    saving.value = 'saved'
  }

  async function keepMine(): Promise<void> {
    const met = conflict.value
    if (!met) return
    conflict.value = null
    await inLine(() => send(met.theirs.id, { ...met.mine, change_id: changeId(), over: met.theirs.revision }), false)
  }

  /** Say that this page is open, and follow what others have saved. */
  async function look(): Promise<void> {
    if (looking) return
    looking = true
    try {
      const before = items.value
      const seen = await editsApi.present(replayId, tab, currentId.value)
      others.value = seen.others
      if (waiting > 0) return
      const there = new Set(Object.keys(seen.revisions))
      for (const edit of before) if (!there.has(edit.id)) forget(edit.id)
      for (const [id, revision] of Object.entries(seen.revisions)) {
        const mine = known(id)
        if (mine && mine.revision >= revision) continue
        const newer = await editsApi.draft(id)
        if (waiting > 0) return
        put(newer)
        if (id === currentId.value && !newer.author.own) news.value = newer
      }
    } catch {
      // Who else is there is unknown for a while; saving tells by itself when it does not work.
    } finally {
      looking = false
    }
  }

  onBeforeUnmount(() => {
    clearInterval(timer)
    void editsApi.present(replayId, tab, null, true).catch(() => undefined)
  })

  return { items, chapters, current, currentId, first, saving, problem, conflict, others, news, load, act, begin, drop, produce, takeTheirs, keepMine }
}
