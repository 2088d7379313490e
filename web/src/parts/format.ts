/** Dates as people say them, in the interface's language and a named zone. */
import { useI18n } from 'vue-i18n'

export function useDates(): {
  when: (utcMs: number, zone?: string) => string
  time: (utcMs: number) => string
  exactTime: (utcMs: number) => string
  date: (utcMs: number) => string
  calendarDay: (day: string) => string
  zoneName: (zone: string) => string
} {
  const { locale, t } = useI18n()
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone
  const day = (utcMs: number): string => new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' }).format(utcMs)
  const time = (utcMs: number): string => new Intl.DateTimeFormat(locale.value, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(utcMs)
  const exactTime = (utcMs: number): string => new Intl.DateTimeFormat(locale.value, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(utcMs)
  /** The year is said only where it is not this one. */
  const date = (utcMs: number): string => {
    const year = new Date(utcMs).getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' as const }
    return new Intl.DateTimeFormat(locale.value, { ...year, month: 'short', day: 'numeric', weekday: 'short' }).format(utcMs)
  }
  /** A day without a time, as `2026-12-24` names it, the same in every zone. */
  const calendarDay = (name: string): string => date(new Date(`${name}T12:00`).getTime())
  /** `Asia/Shanghai` as people call it. */
  const zoneName = (zone: string): string =>
    new Intl.DateTimeFormat(locale.value, { timeZone: zone, timeZoneName: 'long' }).formatToParts().find((part) => part.type === 'timeZoneName')?.value ?? zone
  const when = (utcMs: number, zone?: string): string => {
    const now = Date.now()
    const names: Record<string, string> = { [day(now)]: t('date.today'), [day(now + 86_400_000)]: t('date.tomorrow'), [day(now - 86_400_000)]: t('date.yesterday') }
    const words = `${names[day(utcMs)] ?? date(utcMs)} ${time(utcMs)}`
    // The session's own zone only where it could be doubted.
    if (!zone || zone === here) return words
    const there = new Intl.DateTimeFormat(locale.value, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone, timeZoneName: 'short' }).format(utcMs)
    return `${words} (${there})`
  }
  return { when, time, exactTime, date, calendarDay, zoneName }
}
