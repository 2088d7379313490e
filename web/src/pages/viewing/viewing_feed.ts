/** The figures of one medium, asked for again and again while somebody looks: what was played shows within seconds. */
import { onBeforeUnmount, onMounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { api } from '../../rest/api'
import type { Viewing } from '../../rest/models'
import { views, type LessonCoverage, type MediumKind, type ViewFigures } from '../../rest/views'

export const EVERY_MS = 2_000
/** The attendance behind it is dear, and hardly changes while a replay is watched. */
const LESSON_EVERY_MS = 20_000

export interface ViewingFeed {
  readonly title: Ref<string>
  readonly figures: ShallowRef<ViewFigures | null>
  readonly viewing: ShallowRef<Viewing | null>
  readonly lesson: ShallowRef<LessonCoverage | null>
  /** Why nothing can be shown. */
  readonly problem: ShallowRef<unknown>
  /** What is shown is older than it should be. */
  readonly stale: Ref<boolean>
  load: () => Promise<void>
}

export function useViewingFeed(medium: MediumKind, id: string): ViewingFeed {
  const title = ref('')
  const figures = shallowRef<ViewFigures | null>(null)
  const viewing = shallowRef<Viewing | null>(null)
  const lesson = shallowRef<LessonCoverage | null>(null)
  const problem = shallowRef<unknown>(null)
  const stale = ref(false)
  let last = ''
  let lessonAtMs = -LESSON_EVERY_MS
  let timer: ReturnType<typeof setTimeout> | undefined
  let gone = false

  /** The people are read only when the sums say that something is new. */
  async function refresh(): Promise<void> {
    const found = await views.figures(medium, id)
    const now = JSON.stringify(found)
    if (now === last) return
    const isDue = performance.now() - lessonAtMs >= LESSON_EVERY_MS
    const [people, together] = await Promise.all([api.viewing(medium, id), isDue ? views.lessonCoverage(medium, id) : lesson.value])
    if (isDue) lessonAtMs = performance.now()
    last = now
    figures.value = found
    viewing.value = people
    lesson.value = together
  }

  async function load(): Promise<void> {
    problem.value = null
    try {
      const [found] = await Promise.all([medium === 'replay' ? api.replay(id, null) : api.microcourse(id), refresh()])
      title.value = found.title
    } catch (error) {
      problem.value = error
    }
    again()
  }

  function again(): void {
    clearTimeout(timer)
    if (!gone && problem.value === null) timer = setTimeout(() => void tick(), EVERY_MS)
  }

  async function tick(): Promise<void> {
    if (document.visibilityState === 'visible') {
      try {
        await refresh()
        stale.value = false
      } catch {
        stale.value = true
      }
    }
    again()
  }

  const back = (): void => {
    if (document.visibilityState === 'visible' && figures.value) void tick()
  }
  onMounted(() => {
    document.addEventListener('visibilitychange', back)
    void load()
  })
  onBeforeUnmount(() => {
    gone = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', back)
  })
  return { title, figures, viewing, lesson, problem, stale, load }
}
