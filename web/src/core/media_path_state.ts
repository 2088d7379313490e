/**
 * Which way the picture comes, as a table: real-time (WebRTC), or broadcast (HLS) while real-time does not work.
 *
 * `restarting` keeps the transport and looks for a new way to the server (ICE restart): nothing is negotiated again, and what was
 * muted stays muted. Where that fails, `recovering` shows the last picture while a new transport is tried; after `patience_over`
 * (about 6 s) or a second failure the broadcast takes over, and real-time is tried again behind it.
 */
export type MediaPath = 'off' | 'connecting' | 'realtime' | 'restarting' | 'recovering' | 'broadcast'
/** `shaken`: the network changed, or ICE lost the server. `failed`: this transport will not work any more. */
export type MediaEvent = 'wanted' | 'connected' | 'shaken' | 'failed' | 'patience_over' | 'retry_due' | 'unwanted'
export type MediaEffect = 'offer' | 'restart' | 'arm_patience' | 'disarm_patience' | 'arm_retry' | 'start_broadcast' | 'stop_broadcast' | 'close'

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
    connected: { target: 'realtime', effects: ['stop_broadcast'] },
    unwanted: stop,
  },
}

export function step(state: MediaPath, event: MediaEvent): Edge {
  return mediaTable[state][event] ?? { target: state, effects: [] }
}
