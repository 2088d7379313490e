/** A file that takes its time: how far it is, then the file itself, in one answer (docs/protocol.md). */
import { Refusal } from './http'

export interface MadeFile {
  readonly name: string
  readonly data: Blob
}

/** Ask for the file at `path`; `tell` hears how many rows are done, and of how many. Aborting ends the work on the server. */
export async function makeFile(path: string, tell: (done: number, of: number) => void, signal: AbortSignal): Promise<MadeFile> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', signal })
  } catch (error) {
    throw signal.aborted ? error : new Refusal('unreachable', '', 0)
  }
  if (!response.ok || !response.body) throw new Refusal('internal', '', response.status)
  const reader = response.body.getReader()
  let rest = new Uint8Array()
  let name: string | null = null
  let bytes = 0
  const parts: Uint8Array<ArrayBuffer>[] = []
  let got = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    if (name !== null) {
      parts.push(value.slice())
      got += value.length
      continue
    }
    const joined = new Uint8Array(rest.length + value.length)
    joined.set(rest)
    joined.set(value, rest.length)
    rest = joined
    for (let end = rest.indexOf(10); end >= 0 && name === null; end = rest.indexOf(10)) {
      const said = JSON.parse(new TextDecoder().decode(rest.subarray(0, end))) as { done?: number; of?: number; bytes?: number; name?: string; error?: { code: string; message: string } }
      rest = rest.slice(end + 1)
      if (said.error) throw new Refusal(said.error.code, said.error.message, response.status)
      if (said.bytes !== undefined) {
        name = said.name ?? 'file'
        bytes = said.bytes
        parts.push(rest)
        got = rest.length
      } else tell(said.done ?? 0, said.of ?? 0)
    }
  }
  if (name === null || got !== bytes) throw new Refusal('unreachable', '', 0)
  return { name, data: new Blob(parts) }
}

/** Hand a file to whoever sits before the screen. */
export function saveFile(file: MadeFile): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file.data)
  link.download = file.name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
