/**
 * How attentive this page is, for the record of attendance: what changed, gathered into few reports. Only the page's own state
 * (in view, or its sound playing), never what somebody does elsewhere. Pure: `nowMs` is monotonic.
 */
export type PageState = 'watching' | 'listening' | 'away'

export interface PageStateChange {
  readonly to: PageState
  readonly ago_ms: number
}

/** The server takes three reports at once and one every 20 seconds after that. */
export const REPORT_EVERY_MS = 21_000
const MOST_CHANGES = 12

export function pageStateOf(page: { readonly hidden: boolean; readonly audible: boolean }): PageState {
  if (!page.hidden) return 'watching'
  return page.audible ? 'listening' : 'away'
}

export class PageStateLog {
  private state: PageState | null = null
  private changes: { to: PageState; atMs: number }[] = []
  private reportedMs = Number.NEGATIVE_INFINITY

  /** A new connection knows nothing: the state of now is news again. */
  restart(state: PageState, nowMs: number): void {
    this.state = state
    this.changes = [{ to: state, atMs: nowMs }]
    this.reportedMs = Number.NEGATIVE_INFINITY
  }

  note(state: PageState, nowMs: number): void {
    if (this.state === null || state === this.state) return
    this.state = state
    this.changes.push({ to: state, atMs: nowMs })
    // Somebody who flips for ever loses the oldest flips, not the state they are in.
    if (this.changes.length > MOST_CHANGES) this.changes.splice(0, this.changes.length - MOST_CHANGES)
  }

  /** How long until there is something to send; null if nothing is new. */
  dueInMs(nowMs: number): number | null {
    return this.changes.length === 0 ? null : Math.max(0, this.reportedMs + REPORT_EVERY_MS - nowMs)
  }

  take(nowMs: number): PageStateChange[] {
    const found = this.changes.map((change) => ({ to: change.to, ago_ms: Math.round(Math.max(0, nowMs - change.atMs)) }))
    this.changes = []
    this.reportedMs = nowMs
    return found
  }
}
