/** The code of pages and their parts: fetched before it is needed, or anew when the server has another one by now. */
import type { Router } from 'vue-router'

const IDLE_MS = 2_000

/**
 * Fetch parts of a page that somebody will need at a moment when the network may be gone, or the server busy with a whole class that
 * needs them, too. One after another, when the page has nothing else to do; what cannot be had now is fetched when it is needed.
 */
export function fetchAhead(...parts: readonly (() => Promise<unknown>)[]): void {
  const run = async (): Promise<void> => {
    for (const part of parts) {
      if (!navigator.onLine) return
      await part().catch(() => undefined)
    }
  }
  // Safari has no idle callback.
  if (typeof window.requestIdleCallback === 'function') window.requestIdleCallback(() => void run())
  else setTimeout(() => void run(), IDLE_MS)
}

/**
 * Go to a page as to a new one when its code is not there any more: the server was updated while this page was open. Not offline,
 * and not for the first page, which has just come from the server.
 */
export function goAnewWhereCodeIsGone(router: Router, go: (path: string) => void = (path) => window.location.assign(path)): void {
  const gone = new WeakSet<Error>()
  window.addEventListener('vite:preloadError', (event) => gone.add((event as Event & { payload: Error }).payload))
  router.onError((error, to, from) => {
    if (gone.has(error as Error) && from.matched.length > 0 && navigator.onLine) go(to.fullPath)
  })
}
