/** Commands of what groups do together, with words of their own for what is refused. */
import { ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Json } from '../../core/wire'
import { useProblems } from '../../parts/problem_words'
import '../../words/together'
import type { Lesson } from './lesson'

export function useTogether(lesson: () => Lesson): { problem: Ref<string | null>; act: (type: string, data: Record<string, Json>) => Promise<boolean> } {
  const i18n = useI18n()
  const words = useProblems()
  const problem = ref<string | null>(null)
  async function act(type: string, data: Record<string, Json>): Promise<boolean> {
    const ack = await lesson().command(type, data)
    problem.value = null
    if (!('error' in ack)) return true
    const key = `sorting.refused.${ack.error.code}`
    problem.value = i18n.te(key) ? i18n.t(key) : words(ack.error).text
    return false
  }
  return { problem, act }
}
