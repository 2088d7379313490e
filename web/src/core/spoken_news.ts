/** What a screen reader says of a busy chat: a few messages in full, many as a number, never more often than `EVERY_MS`. */
export const EVERY_MS = 4000
const IN_FULL = 3

/** The messages after the one with id `last`; all of them when it is not (or no longer) among them. */
export function newsSince<M extends { readonly id: string }>(messages: readonly M[], last: string | null): readonly M[] {
  return messages.slice(messages.findIndex((message) => message.id === last) + 1)
}

/** One sentence for all `news`, or an empty one. */
export function spokenNews<M>(news: readonly M[], say: (message: M) => string, sayCount: (n: number) => string): string {
  return news.length > IN_FULL ? sayCount(news.length) : news.map(say).join(' ')
}
