/** Proposals that an editor does not want, in this browser's storage: they are out of the way, and can be had back. */
import { ref, type Ref } from 'vue'

const MOST_KEPT = 200

export function useSetAside(replayId: string): { readonly aside: Ref<ReadonlySet<number>>; put: (startMs: number) => void; takeBack: () => void } {
  const key = `lectern.editor.aside.${replayId}`
  const aside = ref<ReadonlySet<number>>(restored(key))

  function keep(now: ReadonlySet<number>): void {
    aside.value = now
    try {
      if (now.size === 0) localStorage.removeItem(key)
      else localStorage.setItem(key, JSON.stringify([...now].slice(-MOST_KEPT)))
    } catch {
      // They then stay out of the way as long as the page is open.
    }
  }

  return { aside, put: (startMs) => keep(new Set([...aside.value, startMs])), takeBack: () => keep(new Set()) }
}

function restored(key: string): ReadonlySet<number> {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return new Set(Array.isArray(found) ? found.filter((each): each is number => typeof each === 'number') : [])
  } catch {
    return new Set()
  }
}
