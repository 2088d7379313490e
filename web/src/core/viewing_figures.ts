/** What drawings and tables of viewing are made of. Pure: the figures come from the server, this only arranges them. */

export interface CurveRow {
  readonly fromMs: number
  readonly toMs: number
  readonly heat: number
  readonly rewatch: number
  readonly staying: number
}

/** Curves by second in at most `rows` equal stretches: of each stretch the most, so that no peak is lost. */
export function curveRows(heat: readonly number[], rewatch: readonly number[], staying: readonly number[], rows: number): CurveRow[] {
  if (heat.length === 0 || rows < 1) return []
  const length = Math.ceil(heat.length / rows)
  const most = (curve: readonly number[], from: number): number => curve.slice(from, from + length).reduce((a, b) => Math.max(a, b), 0)
  const table: CurveRow[] = []
  for (let from = 0; from < heat.length; from += length) {
    const to = Math.min(heat.length, from + length)
    table.push({ fromMs: from * 1000, toMs: to * 1000, heat: most(heat, from), rewatch: most(rewatch, from), staying: most(staying, from) })
  }
  return table
}

/** Where a lesson loses people: the stretch of `rows` after which the most were gone, and how many; null if nobody left. */
export function steepestLoss(rows: readonly CurveRow[]): { readonly atMs: number; readonly lost: number } | null {
  let found: { atMs: number; lost: number } | null = null
  rows.slice(1).forEach((row, at) => {
    const lost = (rows[at]?.staying ?? 0) - row.staying
    if (lost > (found?.lost ?? 0)) found = { atMs: row.fromMs, lost }
  })
  return found
}

export const BINS = 10
/** How many people covered how much: tenths, the last one with those who covered everything. */
export function coverageBins(shares: readonly number[]): number[] {
  const bins = new Array<number>(BINS).fill(0)
  for (const share of shares) {
    const at = Math.min(BINS - 1, Math.max(0, Math.floor(share * BINS + 1e-9)))
    bins[at] = (bins[at] ?? 0) + 1
  }
  return bins
}

export interface DepartmentRow {
  readonly name: string | null
  readonly viewers: number
  readonly completed: number
  readonly minutes: number
}

interface Watched {
  readonly person: { readonly department: string | null }
  readonly completed: boolean
  readonly minutes: number
}

/** Viewers by department, the most first; null is nobody's: guests, and people without one. */
export function byDepartment(people: readonly Watched[]): DepartmentRow[] {
  const found = new Map<string | null, { viewers: number; completed: number; minutes: number }>()
  for (const one of people) {
    const sums = found.get(one.person.department) ?? { viewers: 0, completed: 0, minutes: 0 }
    found.set(one.person.department, { viewers: sums.viewers + 1, completed: sums.completed + Number(one.completed), minutes: sums.minutes + one.minutes })
  }
  return [...found].map(([name, sums]) => ({ name, ...sums })).sort((a, b) => b.viewers - a.viewers || (a.name ?? '').localeCompare(b.name ?? ''))
}

export const HOURS = 24
export const WEEKDAYS = 7
/** Seconds by hour of the week (168 of them from Monday 0:00 on), of all devices together. */
export function weekOf(hours: Readonly<Record<string, readonly number[]>>): number[] {
  const week = new Array<number>(WEEKDAYS * HOURS).fill(0)
  for (const cells of Object.values(hours)) cells.forEach((seconds, cell) => (week[cell] = (week[cell] ?? 0) + seconds))
  return week
}

/** The hour of the week in which the most was watched; null if nothing was. */
export function busiest(week: readonly number[]): { readonly weekday: number; readonly hour: number } | null {
  const most = Math.max(0, ...week)
  if (most === 0) return null
  const cell = week.indexOf(most)
  return { weekday: Math.floor(cell / HOURS), hour: cell % HOURS }
}

export interface DeviceRow {
  readonly device: string
  readonly seconds: number
  readonly share: number
}

/** What people watched on, the most used first. */
export function deviceRows(hours: Readonly<Record<string, readonly number[]>>): DeviceRow[] {
  const sums = Object.entries(hours).map(([device, cells]) => ({ device, seconds: cells.reduce((a, b) => a + b, 0) }))
  const whole = sums.reduce((a, b) => a + b.seconds, 0)
  return sums.map((row) => ({ ...row, share: whole > 0 ? row.seconds / whole : 0 })).sort((a, b) => b.seconds - a.seconds)
}

export interface LearnedRow {
  readonly name: string | null
  readonly live: number
  readonly watched: number
  /** Both together, month by month. */
  readonly months: readonly number[]
}

interface LearnedMinutes {
  readonly live: number
  readonly watched: number
}

/** Minutes learned by department, the most first; who learned nothing is left out. */
export function learnedRows(departments: readonly { readonly name: string | null; readonly learned: readonly LearnedMinutes[]; readonly learned_whole: LearnedMinutes }[]): LearnedRow[] {
  return departments
    .map((each) => ({ name: each.name, live: each.learned_whole.live, watched: each.learned_whole.watched, months: each.learned.map((month) => month.live + month.watched) }))
    .filter((row) => row.live + row.watched > 0)
    .sort((a, b) => b.live + b.watched - (a.live + a.watched))
}
