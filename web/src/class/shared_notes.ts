/**
 * A group's notes on this page: a Yjs document that is kept the same as everybody's over the class connection.
 *
 * What is written here is gathered for a moment, sent one message at a time, and kept until the server says that it has it. While there is no
 * connection it waits; `reconnected()` catches up and sends it. `close()` sends what is left, and says what could not be kept.
 */
import * as Y from 'yjs'
import type { Json, WireError } from '../core/wire'

export interface NotesFrame {
  readonly group: string
  readonly from: number
  readonly to: number
  readonly updates: readonly string[]
  readonly by: readonly string[]
}

/** Asks the server; null where it did not answer. */
export type Ask = (event: string, data: Json) => Promise<Json>

export type NotesState = 'opening' | 'saved' | 'saving' | 'waiting' | 'full' | 'refused'

export interface NotesListener {
  onState(state: NotesState, problem: WireError | null): void
  /** Something from elsewhere is to go into the document: `apply` it, now or soon. */
  onRemote(apply: () => void): void
  onWriters(participants: readonly string[]): void
}

/** Whose changes go to the server: those with this origin. */
export const HERE = 'here'
const GATHER_MS = 400
const AGAIN_MS = 2_000
const MOST_AT_ONCE = 80
/** Refusals after which nothing that is written here can be kept any more. */
const FINAL = new Set(['breakout_closed', 'notes_closed', 'group_not_found', 'session_over', 'session_not_live', 'removed', 'not_allowed', 'chat_muted', 'notes_read_only', 'notes_writer_foreign', 'notes_update_invalid', 'notes_update_too_large'])

const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
const textOf = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

export class SharedNotes {
  readonly doc = new Y.Doc()
  readonly text = this.doc.getText('notes')
  readonly undo = new Y.UndoManager(this.text, { trackedOrigins: new Set<unknown>([HERE]), captureTimeout: 300 })
  limit = 8_000
  private n = 0
  private pending: Uint8Array[] = []
  private sending = false
  private opened = false
  private over = false
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly group: string,
    private readonly ask: Ask,
    private readonly listener: NotesListener,
  ) {
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== HERE && origin !== this.undo) return
      this.pending.push(update)
      this.sendIn(GATHER_MS)
    })
  }

  /** Whether something that was written here is not with the server yet. */
  get unsaved(): boolean {
    return this.pending.length > 0
  }

  async open(): Promise<void> {
    if (this.over) return
    this.listener.onState('opening', null)
    const answer = (await this.ask('notes_open', { group: this.group, after: this.n })) as { n: number; updates: string[]; limit: number } | { error: WireError } | null
    if (this.isOver()) return
    if (answer === null) this.wait()
    else if ('error' in answer) this.receiveRefusal(answer.error)
    else {
      this.opened = true
      this.limit = answer.limit
      this.take(answer.updates)
      this.n = Math.max(this.n, answer.n)
      this.listener.onState(this.unsaved ? 'saving' : 'saved', null)
      this.sendIn(0)
    }
  }

  /** The class connection is there again. */
  reconnected(): void {
    this.opened = false
    void this.open()
  }

  /** The class connection is away. */
  disconnected(): void {
    this.opened = false
    if (!this.over) this.listener.onState('waiting', null)
  }

  receive(frame: NotesFrame): void {
    if (frame.group !== this.group || this.over) return
    if (frame.from > this.n) return void this.open()
    this.take(frame.updates)
    this.n = Math.max(this.n, frame.to)
    this.listener.onWriters(frame.by)
  }

  /** Sends what is left; true if everything that was written here is kept. The document stays readable. */
  async close(): Promise<boolean> {
    clearTimeout(this.timer)
    for (let tries = 0; tries < 3 && this.sending; tries += 1) await new Promise((done) => setTimeout(done, GATHER_MS))
    if (this.unsaved && !this.over) await this.send()
    this.over = true
    clearTimeout(this.timer)
    void this.ask('notes_close', { group: this.group })
    return !this.unsaved
  }

  private take(updates: readonly string[]): void {
    if (updates.length === 0) return
    this.listener.onRemote(() => this.doc.transact(() => updates.forEach((update) => { Y.applyUpdate(this.doc, bytesOf(update)) })))
  }

  /** Time passes while an answer is awaited. */
  private isOver(): boolean {
    return this.over
  }

  private sendIn(ms: number): void {
    if (this.sending || this.over || !this.unsaved || !this.opened) return
    this.listener.onState('saving', null)
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      void this.send()
    }, ms)
  }

  private async send(): Promise<void> {
    if (this.sending || !this.unsaved) return
    this.sending = true
    const batch = this.pending.slice(0, MOST_AT_ONCE)
    const update = Y.mergeUpdates(batch)
    const answer = (await this.ask('notes_write', { group: this.group, update: textOf(update) })) as { n: number } | { error: WireError } | null
    this.sending = false
    if (answer === null) this.wait()
    else if ('error' in answer) this.receiveRefusal(answer.error)
    else {
      this.pending.splice(0, batch.length)
      if (!this.isOver()) this.listener.onState(this.pending.length > 0 ? 'saving' : 'saved', null)
      this.sendIn(GATHER_MS)
    }
  }

  private receiveRefusal(error: WireError): void {
    if (FINAL.has(error.code)) {
      this.over = true
      this.listener.onState('refused', error)
    } else if (error.code === 'notes_full') {
      // Everything that waits goes in one message once there is more: what shortens the notes makes room for what came before.
      this.pending = [Y.mergeUpdates(this.pending)]
      this.listener.onState('full', error)
    } else if (error.code === 'notes_out_of_step') {
      this.n = 0
      setTimeout(() => void this.open(), AGAIN_MS)
    } else {
      this.wait()
    }
  }

  private wait(): void {
    if (this.over) return
    this.listener.onState('waiting', null)
    setTimeout(() => {
      if (this.over) return
      if (this.opened) this.sendIn(0)
      else void this.open()
    }, AGAIN_MS)
  }
}
