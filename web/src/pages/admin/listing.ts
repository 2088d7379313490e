/** A searchable, paged list whose filters live in the address, so that a link shows what its sender saw. */
import { computed, onMounted, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Page } from '../../rest/models'

export interface Listing<T> {
  readonly items: ShallowRef<readonly T[] | null>
  readonly problem: ShallowRef<unknown>
  readonly more: ComputedRef<boolean>
  readonly q: Ref<string>
  readonly state: Ref<string>
  load(): Promise<void>
  loadMore(): Promise<void>
}

const PAUSE_MS = 250

export function useListing<T>(fetchPage: (filter: { q: string; state: string; cursor: string | null }) => Promise<Page<T>>): Listing<T> {
  const route = useRoute()
  const router = useRouter()
  const fromAddress = (key: string): string => (typeof route.query[key] === 'string' ? route.query[key] : '')
  const q = ref(fromAddress('q'))
  const state = ref(fromAddress('state'))
  const items = shallowRef<readonly T[] | null>(null)
  const next = shallowRef<string | null>(null)
  const problem = shallowRef<unknown>(null)
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function get(cursor: string | null): Promise<void> {
    const mine = (asked += 1)
    try {
      const page = await fetchPage({ q: q.value, state: state.value, cursor })
      // An older answer must not overwrite a newer question's.
      if (mine !== asked) return
      items.value = cursor === null ? page.items : [...(items.value ?? []), ...page.items]
      next.value = page.next
      problem.value = null
    } catch (error) {
      if (mine === asked) problem.value = error
    }
  }

  watch([q, state], () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      const others = Object.fromEntries(Object.entries(route.query).filter(([key]) => key !== 'q' && key !== 'state'))
      void router.replace({ query: { ...others, ...(q.value ? { q: q.value } : {}), ...(state.value ? { state: state.value } : {}) } })
      void get(null)
    }, PAUSE_MS)
  })
  onMounted(() => void get(null))
  return { items, problem, more: computed(() => next.value !== null), q, state, load: () => get(null), loadMore: () => get(next.value) }
}
