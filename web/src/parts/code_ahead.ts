/** The code of pages and their parts: fetched before it is needed, tried again, or anew when the server has another one by now. */
import { defineAsyncComponent, type AsyncComponentLoader, type Component } from 'vue'
import type { Router } from 'vue-router'
import CodeMissing from './CodeMissing.vue'

const AHEAD_WITHIN_MS = 20_000
const TRY_AGAIN_MS = [1_000, 3_000, 9_000]

/** A part of a page that is fetched when it is first shown. What cannot be fetched is tried again; then the person may load the page anew. */
export function lazily<T extends Component>(loader: AsyncComponentLoader<T>): T {
  return defineAsyncComponent<T>({
    loader,
    errorComponent: CodeMissing,
    onError: (_, retry, fail, attempts) => {
      const after = TRY_AGAIN_MS[attempts - 1]
      if (after === undefined) fail()
      else setTimeout(retry, after)
    },
  })
}

/**
 * Fetch parts of a page that a whole class needs in the same second, when the network of some is gone and the server busy. One after
 * another, at some moment: the class comes here together, too. What cannot be had now is fetched when it is needed.
 */
export function fetchAhead(...parts: readonly (() => Promise<unknown>)[]): void {
  setTimeout(() => {
    void (async () => {
      for (const part of parts) {
        if (!navigator.onLine) return
        await part().catch(() => undefined)
      }
    })()
  }, Math.random() * AHEAD_WITHIN_MS)
}

/**
 * Go to a page as to a new one when its code is not there any more: the server was updated while this page was open. Not where the
 * server does not answer, or one would lose the page that one has; nor for the first page, which has just come from it.
 */
export function goAnewWhereCodeIsGone(router: Router, go: (path: string) => void = (path) => window.location.assign(path)): void {
  const gone = new WeakSet<Error>()
  window.addEventListener('vite:preloadError', (event) => gone.add((event as Event & { payload: Error }).payload))
  router.onError(async (error, to, from) => {
    if (!gone.has(error as Error) || from.matched.length === 0) return
    const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => null)
    if (answer?.ok) go(to.fullPath)
  })
}
