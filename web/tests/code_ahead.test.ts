import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import { fetchAhead, goAnewWhereCodeIsGone } from '../src/parts/code_ahead'

const Here = { template: '<p>here</p>' }

function missing(): Promise<never> {
  const error = new TypeError('Failed to fetch dynamically imported module')
  window.dispatchEvent(Object.assign(new Event('vite:preloadError'), { payload: error }))
  return Promise.reject(error)
}

function routerWith(loader: () => Promise<typeof Here>): Router {
  return createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: Here }, { path: '/there', component: loader }] })
}

const network = { onLine: true }

beforeEach(() => {
  network.onLine = true
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('navigator', network)
})
afterEach(() => vi.unstubAllGlobals())

describe('a page whose code is gone', () => {
  it('is loaded as a new page', async () => {
    const router = routerWith(missing)
    const went: string[] = []
    goAnewWhereCodeIsGone(router, (path) => went.push(path))
    await router.push('/')
    await router.push('/there?a=1').catch(() => undefined)
    expect(went).toEqual(['/there?a=1'])
  })

  it('is not asked for again and again when it is the first one, nor offline', async () => {
    const router = routerWith(missing)
    const went: string[] = []
    goAnewWhereCodeIsGone(router, (path) => went.push(path))
    await router.push('/there').catch(() => undefined)
    network.onLine = false
    await router.push('/')
    await router.push('/there').catch(() => undefined)
    expect(went).toEqual([])
  })

  it('is another matter than a page that fails', async () => {
    const router = routerWith(() => Promise.reject(new Error('a fault of ours')))
    const went: string[] = []
    goAnewWhereCodeIsGone(router, (path) => went.push(path))
    await router.push('/')
    await router.push('/there').catch(() => undefined)
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
