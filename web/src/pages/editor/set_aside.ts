/** Proposals that an editor does not want: they are out of the way on each of their devices, and can be had back. */
import { ref, shallowRef, type Ref } from 'vue'
import { editsApi, type SetAside } from '../../rest/edits'

const MOST_KEPT = 200

export interface PutAside {
  readonly aside: Ref<ReadonlySet<number>>
  /** Why the last change was not kept. */
  readonly problem: Ref<unknown>
  load: () => Promise<void>
  put: (startMs: number) => Promise<void>
  takeBack: () => Promise<void>
}

export function useSetAside(replayId: string): PutAside {
  const aside = ref<ReadonlySet<number>>(new Set())
  const problem = shallowRef<unknown>(null)
  let turn = 0

  /** Show it at once; what the server says of it counts, and where it says nothing all is as before. */
  async function change(shown: ReadonlySet<number>, ask: () => Promise<SetAside>): Promise<void> {
    const [before, mine] = [aside.value, (turn += 1)]
    aside.value = shown
    problem.value = null
    try {
      const kept = await ask()
      if (mine === turn) aside.value = new Set(kept.starts_ms)
    } catch (error) {
      if (mine === turn) aside.value = before
      problem.value = error
    }
  }

  async function load(): Promise<void> {
    // An earlier release kept them in the browser.
    const key = `lectern.editor.aside.${replayId}`
    const here = storedIn(key)
    await change(new Set(here), () => (here.length > 0 ? editsApi.putAside(replayId, here) : editsApi.aside(replayId)))
    if (problem.value === null && here.length > 0) forget(key)
  }

  return {
    aside,
    problem,
    load,
    put: (startMs) => change(new Set([...aside.value, startMs]), () => editsApi.putAside(replayId, [startMs])),
    takeBack: () => change(new Set(), () => editsApi.takeBackAside(replayId)),
  }
}

function storedIn(key: string): number[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(found) ? found.filter((each): each is number => Number.isInteger(each) && Number(each) >= 0).slice(-MOST_KEPT) : []
  } catch {
    return []
  }
}

function forget(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // It is asked for again the next time, and changes nothing then.
  }
}
