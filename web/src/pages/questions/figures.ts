/** Figures of answers as people read them; a dash where there is nothing to tell. */
import { useI18n } from 'vue-i18n'
import type { Grade } from '../../rest/models'
import '../../words/office'

export function useFigures(): { percent: (share: number | null) => string; points: (n: number) => string; seconds: (s: number | null) => string; pair: (sums: Grade) => string } {
  const { t, locale } = useI18n()
  return {
    percent: (share) => (share === null ? '—' : `${Math.round(share * 100)}%`),
    points: (n) => n.toLocaleString(locale.value, { maximumFractionDigits: 2 }),
    seconds: (s) => (s === null ? '—' : t('results.seconds', { n: s })),
    pair: (sums) => (sums.once_wrong === 0 ? '—' : t('results.of', { n: sums.corrected, of: sums.once_wrong })),
  }
}
