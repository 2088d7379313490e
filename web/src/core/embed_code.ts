/** What a site pastes to show a medium in a frame. */

export type EmbeddedMedium = 'replay' | 'microcourse'

const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export const embedAddress = (origin: string, medium: EmbeddedMedium, id: string): string => `${origin}/embed/${medium}/${encodeURIComponent(id)}`

/** An iframe of 16:9 as wide as the page lets it be; `title` is for those who hear the page, and may hold any character. */
export function embedCode(origin: string, medium: EmbeddedMedium, id: string, title: string): string {
  const named = title.replace(/[&<>"']/g, (sign) => MARKUP[sign] ?? sign)
  return `<iframe src="${embedAddress(origin, medium, id)}" title="${named}" style="width: 100%; aspect-ratio: 16 / 10; border: 0" allow="autoplay; fullscreen; picture-in-picture" allowfullscreen loading="lazy"></iframe>`
}
