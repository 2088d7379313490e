/** Proposed lessons as the page shows them: with ends that were nudged, a name, and the reasons of ends that were not. */
import { computed, shallowRef, type ComputedRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { clockWords, preciseWords } from '../../core/durations'
import { alike, trimmed, type Part } from '../../core/edit_list'
import type { Edit } from '../../rest/edits'
import type { CutReason, Proposal } from '../../rest/signals'
import { useReasons } from './reasons'
import '../../words/cutting'

export interface ShownLesson {
  /** Where the worker let it begin: what it is known by. */
  readonly key: number
  readonly start: number
  readonly end: number
  readonly title: string
  readonly label: string
  readonly begins: string
  readonly ends: string
  readonly taken: boolean
}

export function useProposed(proposal: Ref<Proposal | null>, drafts: Ref<readonly Edit[]>, durationMs: () => number): {
  readonly lessons: ComputedRef<readonly ShownLesson[]>
  nudge: (lesson: ShownLesson, end: 'start' | 'end', ms: number) => Part
} {
  const { t } = useI18n()
  const reasons = useReasons()
  const nudged = shallowRef<ReadonlyMap<number, Part>>(new Map())
  const isTaken = (start: number, end: number): boolean =>
    drafts.value.some((edit) => edit.content.ranges.some((range) => alike([start, end], range)))

  function told(key: 'begins' | 'ends', proposedMs: number, nowMs: number, why: readonly CutReason[]): string {
    return proposedMs === nowMs ? t(`cutting.${key}`, { at: clockWords(nowMs), why: reasons.why(why) }) : t(`cutting.${key}Nudged`, { at: preciseWords(nowMs), from: preciseWords(proposedMs) })
  }

  const lessons = computed(() => (proposal.value?.lessons ?? []).map((lesson, at): ShownLesson => {
    const [start, end] = nudged.value.get(lesson.start_ms) ?? [lesson.start_ms, lesson.end_ms]
    return {
      key: lesson.start_ms,
      start,
      end,
      title: lesson.title,
      label: lesson.title || t('cutting.lesson', { n: at + 1 }),
      begins: told('begins', lesson.start_ms, start, lesson.reasons.start),
      ends: told('ends', lesson.end_ms, end, lesson.reasons.end),
      taken: isTaken(start, end),
    }
  }))

  function nudge(lesson: ShownLesson, end: 'start' | 'end', ms: number): Part {
    const part = trimmed([[lesson.start, lesson.end]], 0, end, ms, durationMs())
    nudged.value = new Map(nudged.value).set(lesson.key, part)
    return part
  }

  return { lessons, nudge }
}
