/** A period as people name it. */
import { useI18n } from 'vue-i18n'
import { kindOf, spanOf } from '../../core/periods'
import '../../words/views'

export function usePeriods(): { nameOf: (period: string) => string } {
  const { t, locale } = useI18n()
  function nameOf(name: string): string {
    const { year, month, quarter } = spanOf(name)
    if (kindOf(name) === 'quarter') return t('statistics.quarter', { n: quarter, year })
    return new Intl.DateTimeFormat(locale.value, kindOf(name) === 'year' ? { year: 'numeric' } : { year: 'numeric', month: 'long' }).format(new Date(year, month, 15))
  }
  return { nameOf }
}
