/** The consent text in the interface's language, or in the first that there is. */
import type { Lobby } from '../../rest/models'

export function lobbyText(lobby: Lobby | null, locale: string): string {
  const texts = lobby?.consent?.text ?? {}
  return texts[locale] ?? Object.values(texts)[0] ?? ''
}
