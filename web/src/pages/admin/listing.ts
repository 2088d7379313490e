/** A searchable, paged list whose filters live in the address, so that a link shows what its sender saw. */
import { computed, onMounted, reactive, shallowRef, toRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Page } from '../../rest/models'

/** What every list can be asked for, and the filters of one list alone; '' asks for everything. */
export type Filter<K extends string> = Record<K | 'q' | 'state', string>

export interface Listing<T, K extends string = never> {
  readonly items: ShallowRef<readonly T[] | null>
  readonly problem: ShallowRef<unknown>
  readonly more: ComputedRef<boolean>
  readonly q: Ref<string>
  readonly state: Ref<string>
  readonly filter: Filter<K>
  load(): Promise<void>
  loadMore(): Promise<void>
}

const PAUSE_MS = 250

export function useListing<T, K extends string = never>(fetchPage: (filter: Filter<K> & { cursor: string | null }) => Promise<Page<T>>, own: readonly K[] = []): Listing<T, K> {
  const route = useRoute()
  const router = useRouter()
  const keys = ['q', 'state', ...own]
  const fromAddress = (key: string): string => (typeof route.query[key] === 'string' ? route.query[key] : '')
  const filter = reactive(Object.fromEntries(keys.map((key) => [key, fromAddress(key)]))) as Filter<K>
  const items = shallowRef<readonly T[] | null>(null)
  const next = shallowRef<string | null>(null)
  const problem = shallowRef<unknown>(null)
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function get(cursor: string | null): Promise<void> {
    const mine = (asked += 1)
    try {
      const page = await fetchPage({ ...filter, cursor })
      // An older answer must not overwrite a newer question's.
      if (mine !== asked) return
      items.value = cursor === null ? page.items : [...(items.value ?? []), ...page.items]
      next.value = page.next
      problem.value = null
    } catch (error) {
      if (mine === asked) problem.value = error
    }
  }

  watch(
    () => ({ ...filter }),
    (now) => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        const others = Object.entries(route.query).filter(([key]) => !keys.includes(key))
        const ours = Object.entries<string>(now).filter(([, value]) => value !== '')
        void router.replace({ query: Object.fromEntries([...others, ...ours]) })
        void get(null)
      }, PAUSE_MS)
    },
  )
  onMounted(() => void get(null))
  const shared = filter as Filter<never>
  return { items, problem, more: computed(() => next.value !== null), q: toRef(shared, 'q'), state: toRef(shared, 'state'), filter, load: () => get(null), loadMore: () => get(next.value) }
}
