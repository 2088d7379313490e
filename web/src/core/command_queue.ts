/**
 * Commands that must reach the class exactly once, over any number of reconnects.
 *
 * Every command has an id that the client made; the server answers a repeated id with its first result. So the shell may send
 * whatever `unsettled()` lists as often as it likes. Bound: `LIMIT` commands; a further one is refused, never silently dropped.
 */
import type { Ack, Json } from './wire'

export interface Command {
  readonly id: string
  readonly type: string
  readonly data: Json
}

export const LIMIT = 200

export class CommandQueue {
  private readonly waiting = new Map<string, { command: Command; settle: (ack: Ack) => void }>()
  refused = 0

  /** Takes a command; its promise settles with the server's answer. A full queue answers at once. */
  push(command: Command): Promise<Ack> {
    if (this.waiting.size >= LIMIT) {
      this.refused += 1
      return Promise.resolve({ error: { code: 'too_many_waiting', message: 'Too many actions are waiting for the connection.' } })
    }
    return new Promise((settle) => this.waiting.set(command.id, { command, settle }))
  }

  /** Everything without an answer, oldest first: what to send after a reconnect. */
  unsettled(): Command[] {
    return [...this.waiting.values()].map((entry) => entry.command)
  }

  /** Hands the server's answer to whoever waits for it; a second answer to the same id is ignored. */
  settle(id: string, ack: Ack): void {
    const entry = this.waiting.get(id)
    if (!entry) return
    this.waiting.delete(id)
    entry.settle(ack)
  }

  /** Answers everything with `error`: the connection will not come back. */
  abandon(code: string, message: string): void {
    for (const id of [...this.waiting.keys()]) this.settle(id, { error: { code, message } })
  }

  get size(): number {
    return this.waiting.size
  }
}
