import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSSRApp } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import { fetchAhead, goAnewWhereCodeIsGone, lazily } from '../src/parts/code_ahead'
import { i18n } from '../src/words'

const Here = { template: '<p>here</p>' }

function missing(): Promise<never> {
  const error = new TypeError('Failed to fetch dynamically imported module')
  window.dispatchEvent(Object.assign(new Event('vite:preloadError'), { payload: error }))
  return Promise.reject(error)
}

function routerWith(loader: () => Promise<typeof Here>): Router {
  return createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: Here }, { path: '/there', component: loader }] })
}

const network = { onLine: true, server: true }

beforeEach(() => {
  network.onLine = network.server = true
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('navigator', network)
  vi.stubGlobal('fetch', () => (network.server ? Promise.resolve({ ok: true }) : Promise.reject(new TypeError('Failed to fetch'))))
})
afterEach(() => vi.unstubAllGlobals())

describe('a page whose code is gone', () => {
  it('is loaded as a new page', async () => {
    const router = routerWith(missing)
    const went: string[] = []
    goAnewWhereCodeIsGone(router, (path) => went.push(path))
    await router.push('/')
    await router.push('/there?a=1').catch(() => undefined)
    await vi.waitFor(() => expect(went).toEqual(['/there?a=1']))
  })

  it('is not asked for again and again when it is the first one, nor where the server does not answer', async () => {
    const router = routerWith(missing)
    const went: string[] = []
    goAnewWhereCodeIsGone(router, (path) => went.push(path))
    await router.push('/there').catch(() => undefined)
    network.server = false
    await router.push('/')
    await router.push('/there').catch(() => undefined)
    await new Promise((done) => setTimeout(done))
    expect(went).toEqual([])
  })

  it('is another matter than a page that fails', async () => {
    const router = routerWith(() => Promise.reject(new Error('a fault of ours')))
    const went: string[] = []
    goAnewWhereCodeIsGone(router, (path) => went.push(path))
    await router.push('/')
    await router.push('/there').catch(() => undefined)
    await new Promise((done) => setTimeout(done))
    expect(went).toEqual([])
  })
})

describe('what is fetched ahead', () => {
  it('comes one after another, and what cannot be had is left out', async () => {
    const seen: string[] = []
    const part = (name: string, fails = false) => (): Promise<unknown> => {
      seen.push(name)
      return fails ? Promise.reject(new Error(name)) : Promise.resolve()
    }
    vi.useFakeTimers()
    fetchAhead(part('a'), part('b', true), part('c'))
    expect(seen).toEqual([])
    await vi.runAllTimersAsync()
    vi.useRealTimers()
    await vi.waitFor(() => expect(seen).toEqual(['a', 'b', 'c']))
  })
})

describe('a part that is fetched when it is first shown', () => {
  /** Renders a part that cannot be fetched the first `failures` times; how often it was tried, and what stands there then. */
  async function shownAfter(failures: number): Promise<{ tries: number; text: string }> {
    let tries = 0
    const part = lazily(() => (++tries > failures ? Promise.resolve(Here) : Promise.reject(new TypeError('Failed to fetch'))))
    vi.useFakeTimers()
    const text = renderToString(createSSRApp({ components: { Part: part }, template: '<Part />' }).use(i18n))
    await vi.runAllTimersAsync()
    vi.useRealTimers()
    return { tries, text: await text }
  }

  it('is tried again', async () => {
    expect(await shownAfter(2)).toEqual({ tries: 3, text: '<p>here</p>' })
  })

  it('offers the page anew when it cannot be had', async () => {
    const { tries, text } = await shownAfter(99)
    expect(tries).toBe(4)
    expect(text).toContain('role="alert"')
    expect(text).toContain('<button')
  })
})
