/**
 * The token of a room or replay: out of the address bar's fragment into memory, and into this tab's storage so that a
 * reload finds it again. Never in a query string or cookie.
 */
const memory = new Map<string, string>()
const name = (kind: string, id: string): string => `lectern.${kind}.${id}`

/** Tells whether there was one. */
export function takeFragmentToken(id: string): boolean {
  const fragment = new URLSearchParams(location.hash.slice(1))
  const token = fragment.get('t')
  if (!token) return false
  keep('token', id, token)
  history.replaceState(history.state, '', location.pathname + location.search)
  return true
}

export function keep(kind: 'token' | 'consent', id: string, value: string): void {
  memory.set(name(kind, id), value)
  try {
    sessionStorage.setItem(name(kind, id), value)
  } catch {
    // Storage may be closed to us inside an embedding page: memory serves until a reload.
  }
}

export function kept(kind: 'token' | 'consent', id: string): string | null {
  const found = memory.get(name(kind, id))
  if (found !== undefined) return found
  try {
    return sessionStorage.getItem(name(kind, id))
  } catch {
    return null
  }
}

export function forget(kind: 'token' | 'consent', id: string): void {
  memory.delete(name(kind, id))
  try {
    sessionStorage.removeItem(name(kind, id))
  } catch {
    // Nothing was stored then.
  }
}
