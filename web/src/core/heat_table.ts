/** The per-second heat in at most `rows` equal stretches, for people who read tables: the most viewers in each. */
export function heatTable(heat: readonly number[], rows: number): { fromMs: number; toMs: number; peak: number }[] {
  if (heat.length === 0 || rows < 1) return []
  const length = Math.ceil(heat.length / rows)
  const table: { fromMs: number; toMs: number; peak: number }[] = []
  for (let from = 0; from < heat.length; from += length) {
    const part = heat.slice(from, from + length)
    table.push({ fromMs: from * 1000, toMs: (from + part.length) * 1000, peak: Math.max(...part) })
  }
  return table
}
