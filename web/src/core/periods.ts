/** Months, quarters and years as statistics name them: "2026-11", "2026-Q4", "2026". Pure. */
export type PeriodKind = 'month' | 'quarter' | 'year'

const NAMED = /^(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?$/
const MONTHS: Readonly<Record<PeriodKind, number>> = { month: 1, quarter: 3, year: 12 }
const EARLIEST = 12

/** Whether this names a period. */
export const isPeriod = (name: string): boolean => NAMED.test(name)

export function kindOf(period: string): PeriodKind {
  if (period.includes('Q')) return 'quarter'
  return period.includes('-') ? 'month' : 'year'
}

/** The first month of a period, counted from the year 0. */
function first(period: string): number {
  const [, year, month, quarter] = NAMED.exec(period) ?? []
  return Number(year ?? 1) * 12 + (month ? Number(month) - 1 : quarter ? (Number(quarter) - 1) * 3 : 0)
}

function named(month: number, kind: PeriodKind): string {
  const year = String(Math.floor(month / 12)).padStart(4, '0')
  if (kind === 'year') return year
  return kind === 'quarter' ? `${year}-Q${Math.floor((month % 12) / 3) + 1}` : `${year}-${String((month % 12) + 1).padStart(2, '0')}`
}

/** The period of this kind that holds the beginning of another. */
export const asKind = (period: string, kind: PeriodKind): string => named(first(period), kind)

/** The period `by` periods later (or earlier). */
export function moved(period: string, by: number): string {
  const kind = kindOf(period)
  return named(Math.max(EARLIEST, first(period) + by * MONTHS[kind]), kind)
}

/** The month of a moment, by the reader's calendar. */
export const monthOf = (at: Date): string => named(at.getFullYear() * 12 + at.getMonth(), 'month')

/** The months (0 to 11) and year that a period spans, for words. */
export function spanOf(period: string): { readonly year: number; readonly month: number; readonly quarter: number } {
  const at = first(period)
  return { year: Math.floor(at / 12), month: at % 12, quarter: Math.floor((at % 12) / 3) + 1 }
}
