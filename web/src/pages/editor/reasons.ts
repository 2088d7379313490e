/** Why a proposed lesson begins or ends where it does, and what could not be met, in words. Codes that this version does not know are left out. */
import { useI18n } from 'vue-i18n'
import type { CutReason } from '../../rest/signals'
import '../../words/cutting'

export function useReasons(): { why: (reasons: readonly CutReason[]) => string; note: (code: string) => string } {
  const i18n = useI18n()
  const { t } = i18n
  const one = (reason: CutReason): string => (i18n.te(`cutting.why.${reason.code}`) ? t(`cutting.why.${reason.code}`, { s: ((reason.length_ms ?? 0) / 1000).toFixed(1) }) : '')
  return {
    why: (reasons) => reasons.map(one).filter((words) => words !== '').join(t('common.listComma')),
    note: (code) => (i18n.te(`cutting.note.${code}`) ? t(`cutting.note.${code}`) : ''),
  }
}
