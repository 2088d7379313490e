/** Files of our own server for whoever has a token instead of a sign-in: a link cannot send one. */
import { Refusal } from './http'

/** Fetches a file and has the browser save it under the name that the server gave it. */
export async function save(path: string, bearer: string): Promise<void> {
  let response: Response
  try {
    response = await fetch(path, { headers: { Authorization: `Bearer ${bearer}` }, credentials: 'omit' })
  } catch {
    throw new Refusal('unreachable', '', 0)
  }
  if (!response.ok) throw new Refusal(response.status === 401 ? 'token_expired' : 'internal', '', response.status)
  const address = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = nameIn(response.headers.get('Content-Disposition') ?? '')
  link.click()
  setTimeout(() => {
    URL.revokeObjectURL(address)
  }, 60_000)
}

/** Fetches a text of ours, with a token or with the sign-in. */
export async function textOf(path: string, bearer: string | null): Promise<string> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', headers: bearer === null ? {} : { Authorization: `Bearer ${bearer}` } })
  } catch {
    throw new Refusal('unreachable', '', 0)
  }
  if (!response.ok) throw new Refusal('internal', '', response.status)
  return response.text()
}

/** The name of a file (RFC 6266); the one in UTF-8 wins. */
export function nameIn(disposition: string): string {
  const whole = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1]
  if (whole !== undefined) return decodeURIComponent(whole)
  return /filename="([^"]*)"/i.exec(disposition)?.[1] ?? ''
}
