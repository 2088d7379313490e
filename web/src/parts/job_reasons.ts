/** Words for why the making of a video stopped, and for what an administrator or its owner can do. */
import { useI18n } from 'vue-i18n'
import '../words/job_reasons'

export interface JobReasons {
  readonly why: (code: string | null) => string
  readonly todo: (code: string | null) => string
  readonly owner: (code: string | null) => string
  /** Whether the server's own words say more than these: where, which file. They are in English. */
  readonly saysMore: (reason: string | null, code: string | null) => boolean
}

const DETAILED: readonly string[] = ['source_unreadable', 'transcode_failed', 'disk_error', 'clip_invalid', 'storage_unavailable']

export function useJobReasons(): JobReasons {
  const i18n = useI18n()
  const named = (code: string | null): string => (code !== null && i18n.te(`jobReason.${code}.why`) ? code : 'other')
  const say = (part: string) => (code: string | null): string => i18n.t(`jobReason.${named(code)}.${part}`)
  const why = say('why')
  return { why, todo: say('todo'), owner: say('owner'), saysMore: (reason, code) => reason !== null && reason !== why(code) && (code === null || named(code) === 'other' || DETAILED.includes(code)) }
}
