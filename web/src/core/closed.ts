/** Why a recording cannot be watched, or not any more, out of how the server refused it. */
export type Closing = 'deleted' | 'held' | 'not_now' | 'sign_in' | 'other'

export function closingOf(status: number, code: string): Closing {
  if (status === 410) return 'deleted'
  if (status === 401) return 'sign_in'
  if (code === 'replay_held') return 'held'
  return code === 'replay_not_yet' || code === 'replay_over' ? 'not_now' : 'other'
}

/** Whether this is the server's word, which holds however often it is asked; not that it, or the network, is away. */
export const closes = (status: number): boolean => [401, 403, 404, 409, 410].includes(status)

/** Whether addresses that were given out before open nothing any more, either: deleted, held, outside of its time. */
export const closesAtOnce = (status: number): boolean => status === 409 || status === 410
