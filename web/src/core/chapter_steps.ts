/** Going through the chapters of a medium. */

export interface ChapterStart {
  readonly at_ms: number
}

/** So soon after its beginning "previous" means the chapter before, later the beginning of this one. */
const AGAIN_MS = 3_000

/** Which chapter a moment lies in; -1 before the first. */
export function chapterAt(chapters: readonly ChapterStart[], ms: number): number {
  return chapters.findLastIndex((chapter) => ms >= chapter.at_ms)
}

/** Where the next (`by` 1) or previous (-1) chapter begins; null: there is none. */
export function chapterStep(chapters: readonly ChapterStart[], ms: number, by: 1 | -1): number | null {
  const now = chapterAt(chapters, ms)
  if (by > 0) return chapters[now + 1]?.at_ms ?? null
  const current = chapters[now]
  if (!current) return null
  return ms - current.at_ms > AGAIN_MS ? current.at_ms : (chapters[now - 1]?.at_ms ?? current.at_ms)
}
