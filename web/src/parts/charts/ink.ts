/** The colours that charts are drawn in: the design tokens as they are now, light or dark. */
const NAMES = ['text', 'muted', 'line', 'accent', 'accent-soft', 'warn', 'ok', 'surface'] as const

export type Ink = Readonly<Record<(typeof NAMES)[number], string>>

export function inkNow(): Ink {
  const style = getComputedStyle(document.documentElement)
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Ink
}

/** What both axes of every chart have in common. */
export const axisInk = (ink: Ink): { axisLabel: { color: string; hideOverlap: boolean }; axisLine: { lineStyle: { color: string } }; splitLine: { lineStyle: { color: string } } } => ({
  axisLabel: { color: ink.muted, hideOverlap: true },
  axisLine: { lineStyle: { color: ink.line } },
  splitLine: { lineStyle: { color: ink.line } },
})
