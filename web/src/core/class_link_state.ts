/**
 * The life of the class connection, as a table.
 *
 * `absent` → `joining` → `joined`; a drop leads to `returning`, where attempts are counted until the class is there again.
 * `refused` waits for a person (consent, a new link); `over` is final. The shell feeds events and carries out effects.
 */
export type LinkState = 'absent' | 'joining' | 'joined' | 'returning' | 'refused' | 'over'
export type LinkEvent = 'open' | 'welcomed' | 'dropped' | 'attempted' | 'refused' | 'ended' | 'closed'
export type LinkEffect = 'connect' | 'replay_commands' | 'start_media' | 'pause_media' | 'stop_media' | 'count_attempt' | 'disconnect'

interface Edge {
  readonly target: LinkState
  readonly effects: readonly LinkEffect[]
}

export const linkTable: Readonly<Record<LinkState, Partial<Readonly<Record<LinkEvent, Edge>>>>> = {
  absent: {
    open: { target: 'joining', effects: ['connect'] },
  },
  joining: {
    welcomed: { target: 'joined', effects: ['replay_commands', 'start_media'] },
    attempted: { target: 'joining', effects: ['count_attempt'] },
    dropped: { target: 'joining', effects: [] },
    refused: { target: 'refused', effects: ['disconnect'] },
    ended: { target: 'over', effects: ['disconnect'] },
    closed: { target: 'absent', effects: ['disconnect'] },
  },
  joined: {
    welcomed: { target: 'joined', effects: ['replay_commands'] },
    dropped: { target: 'returning', effects: ['pause_media'] },
    ended: { target: 'over', effects: ['stop_media', 'disconnect'] },
    closed: { target: 'absent', effects: ['stop_media', 'disconnect'] },
  },
  returning: {
    welcomed: { target: 'joined', effects: ['replay_commands', 'start_media'] },
    attempted: { target: 'returning', effects: ['count_attempt'] },
    dropped: { target: 'returning', effects: [] },
    refused: { target: 'refused', effects: ['stop_media', 'disconnect'] },
    ended: { target: 'over', effects: ['stop_media', 'disconnect'] },
    closed: { target: 'absent', effects: ['stop_media', 'disconnect'] },
  },
  refused: {
    open: { target: 'joining', effects: ['connect'] },
    closed: { target: 'absent', effects: [] },
  },
  over: {
    closed: { target: 'over', effects: [] },
  },
}

/** Where the event leads; an event that the state does not know changes nothing. */
export function step(state: LinkState, event: LinkEvent): Edge {
  return linkTable[state][event] ?? { target: state, effects: [] }
}
