/**
 * Which way the picture comes, as a table: real-time (WebRTC), or broadcast (HLS) while real-time does not work.
 *
 * `restarting` keeps the transport and looks for a new way to the server (ICE restart): nothing is negotiated again, and what was
 * muted stays muted. Where that fails, `recovering` shows the last picture while a new transport is tried; after `patience_over`
 * (about 6 s) or a second failure the broadcast takes over, and real-time is tried again behind it. Once that works, the broadcast goes on
 * in `proving` until it has held for a while: the longer, the more often the picture changed over lately, so that a network that comes
 * and goes does not make it jump.
 */
export type MediaPath = 'off' | 'connecting' | 'realtime' | 'restarting' | 'recovering' | 'broadcast' | 'proving'
/** `shaken`: the network changed, or ICE lost the server. `failed`: this transport will not work any more. */
export type MediaEvent = 'wanted' | 'connected' | 'shaken' | 'failed' | 'patience_over' | 'retry_due' | 'proved' | 'unwanted'
export type MediaEffect = 'offer' | 'restart' | 'arm_patience' | 'disarm_patience' | 'arm_retry' | 'arm_proof' | 'start_broadcast' | 'stop_broadcast' | 'close'

interface Edge {
  readonly target: MediaPath
  readonly effects: readonly MediaEffect[]
}

const stop: Edge = { target: 'off', effects: ['disarm_patience', 'stop_broadcast', 'close'] }

export const mediaTable: Readonly<Record<MediaPath, Partial<Readonly<Record<MediaEvent, Edge>>>>> = {
  off: {
    wanted: { target: 'connecting', effects: ['offer', 'arm_patience'] },
  },
  connecting: {
    wanted: { target: 'connecting', effects: ['offer'] },
    connected: { target: 'realtime', effects: ['disarm_patience'] },
    failed: { target: 'connecting', effects: ['arm_retry'] },
    retry_due: { target: 'connecting', effects: ['offer'] },
    patience_over: { target: 'broadcast', effects: ['start_broadcast', 'arm_retry'] },
    unwanted: stop,
  },
  realtime: {
    wanted: { target: 'restarting', effects: ['restart', 'arm_patience'] },
    shaken: { target: 'restarting', effects: ['restart', 'arm_patience'] },
    failed: { target: 'recovering', effects: ['offer', 'arm_patience'] },
    unwanted: stop,
  },
  restarting: {
    wanted: { target: 'restarting', effects: ['restart'] },
    shaken: { target: 'restarting', effects: ['restart'] },
    connected: { target: 'realtime', effects: ['disarm_patience'] },
    failed: { target: 'recovering', effects: ['offer'] },
    patience_over: { target: 'broadcast', effects: ['start_broadcast', 'arm_retry'] },
    unwanted: stop,
  },
  recovering: {
    wanted: { target: 'recovering', effects: ['offer'] },
    connected: { target: 'realtime', effects: ['disarm_patience'] },
    failed: { target: 'recovering', effects: ['arm_retry'] },
    retry_due: { target: 'recovering', effects: ['offer'] },
    patience_over: { target: 'broadcast', effects: ['start_broadcast', 'arm_retry'] },
    unwanted: stop,
  },
  broadcast: {
    wanted: { target: 'broadcast', effects: ['offer'] },
    retry_due: { target: 'broadcast', effects: ['offer'] },
    failed: { target: 'broadcast', effects: ['arm_retry'] },
    connected: { target: 'proving', effects: ['arm_proof'] },
    unwanted: stop,
  },
  proving: {
    wanted: { target: 'broadcast', effects: ['offer'] },
    shaken: { target: 'broadcast', effects: ['arm_retry'] },
    failed: { target: 'broadcast', effects: ['arm_retry'] },
    proved: { target: 'realtime', effects: ['stop_broadcast'] },
    unwanted: stop,
  },
}

/** Whether the broadcast is what is seen. */
export const isBroadcast = (path: MediaPath): boolean => path === 'broadcast' || path === 'proving'

const LATELY_MS = 10 * 60_000
const FIRST_PROOF_MS = 2_000
const LONGEST_PROOF_MS = 60_000

/** How long real-time has to hold before the picture changes over, given when the broadcast had to step in. */
export function proofMs(steppedInMs: readonly number[], nowMs: number): number {
  const lately = steppedInMs.filter((at) => nowMs - at < LATELY_MS).length
  return Math.min(LONGEST_PROOF_MS, FIRST_PROOF_MS * 2 ** Math.max(0, lately - 1))
}

export function step(state: MediaPath, event: MediaEvent): Edge {
  return mediaTable[state][event] ?? { target: state, effects: [] }
}
