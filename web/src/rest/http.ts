/** HTTP to our own server: one shape of error, the header that unsafe methods need, a bearer token where a page has one. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
    this.name = 'Refusal'
  }
}

export interface RequestOptions {
  readonly bearer?: string | null
  readonly body?: unknown
  /** Sent as it is (a file), instead of `body`. */
  readonly raw?: { readonly data: Blob; readonly type: string }
  readonly keepalive?: boolean
  readonly lang?: string
}

export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (options.bearer) headers['Authorization'] = `Bearer ${options.bearer}`
  if (method !== 'GET') headers['X-Lectern'] = '1'
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.raw) headers['Content-Type'] = options.raw.type
  headers['Accept-Language'] = document.documentElement.lang
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      keepalive: options.keepalive ?? false,
      ...(options.raw ? { body: options.raw.data } : options.body !== undefined ? { body: JSON.stringify(options.body) } : {}),
    })
  } catch {
    throw new Refusal('unreachable', '', 0)
  }
  const text = await response.text()
  const parsed = parse(text)
  if (response.ok) return parsed as T
  const error = (parsed as { error?: { code?: string; message?: string; details?: Record<string, unknown> } } | null)?.error
  throw new Refusal(error?.code ?? 'internal', error?.message ?? '', response.status, error?.details)
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    // A proxy's error page: the status says enough.
    return null
  }
}
