/**
 * What a browser keeps of an anonymous answer: the secret that it can be changed with, and the answer itself. Nobody else has
 * either; without storage (a private window that forbids it) they last as long as the page.
 */
import type { Answer } from '../../core/poll_answer'

interface Ballot {
  readonly secret: string
  readonly answer: Answer | null
}

const memory = new Map<string, string>()
const nameOf = (poll: string): string => `lectern.ballot.${poll}`

function read(poll: string): Ballot | null {
  let text = memory.get(poll) ?? null
  try {
    text ??= localStorage.getItem(nameOf(poll))
    return text === null ? null : (JSON.parse(text) as Ballot)
  } catch {
    return null
  }
}

function write(poll: string, ballot: Ballot): void {
  const text = JSON.stringify(ballot)
  memory.set(poll, text)
  try {
    localStorage.setItem(nameOf(poll), text)
  } catch {
    // The page's memory has it.
  }
}

export function secretFor(poll: string): string {
  const known = read(poll)
  if (known) return known.secret
  const secret = [...crypto.getRandomValues(new Uint8Array(24))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  write(poll, { secret, answer: null })
  return secret
}

export function rememberAnswer(poll: string, answer: Answer): void {
  write(poll, { secret: secretFor(poll), answer })
}

export function ownAnswer(poll: string): Answer | null {
  return read(poll)?.answer ?? null
}
