/**
 * The token of a room or replay: out of the address bar's fragment into memory, and into this tab's storage so that a
 * reload finds it again. Never in a query string or cookie.
 */
const memory = new Map<string, string>()
const name = (kind: string, id: string): string => `lectern.${kind}.${id}`

/** Tells whether there was one. */
export function takeFragmentToken(id: string): boolean {
  const token = takeFragment('t')
  if (token === null) return false
  keep('token', id, token)
  return true
}

/** Takes one value out of the address bar, so that it stays neither there nor in the history. */
export function takeFragment(what: 't' | 'q' | 'c'): string | null {
  const value = new URLSearchParams(location.hash.slice(1)).get(what) ?? ''
  if (value === '') return null
  history.replaceState(history.state, '', location.pathname + location.search)
  return value
}

/**
 * What outlives a tab, and only where it must: a TV comes back after a power cut, and a phone that scans twice is one person.
 */
export function keepLong(kind: 'screen' | 'seat', id: string, value: string): void {
  try {
    localStorage.setItem(name(kind, id), value)
  } catch {
    // The next scan then asks for the name again.
  }
}

export function keptLong(kind: 'screen' | 'seat', id: string): string | null {
  try {
    return localStorage.getItem(name(kind, id))
  } catch {
    return null
  }
}

export function forgetLong(kind: 'screen' | 'seat', id: string): void {
  try {
    localStorage.removeItem(name(kind, id))
  } catch {
    // Nothing was stored then.
  }
}

export function keep(kind: 'token' | 'consent' | 'at', id: string, value: string): void {
  memory.set(name(kind, id), value)
  try {
    sessionStorage.setItem(name(kind, id), value)
  } catch {
    // Storage may be closed to us inside an embedding page: memory serves until a reload.
  }
}

export function kept(kind: 'token' | 'consent' | 'at', id: string): string | null {
  const found = memory.get(name(kind, id))
  if (found !== undefined) return found
  try {
    return sessionStorage.getItem(name(kind, id))
  } catch {
    return null
  }
}

export function forget(kind: 'token' | 'consent' | 'at', id: string): void {
  memory.delete(name(kind, id))
  try {
    sessionStorage.removeItem(name(kind, id))
  } catch {
    // Nothing was stored then.
  }
}
