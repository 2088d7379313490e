/** Pictures in a codec that this browser did not offer to receive: what can be shown instead. */
import type { SlotMap, Source } from './wire'

export interface UnplayablePicture {
  readonly participant: string
  readonly source: Source
  /** As the server names it: `H264`. */
  readonly codec: string
}

/** What the recording, and with it the broadcast, takes in. */
const BROADCAST_CODECS: ReadonlySet<string> = new Set(['h264', 'vp8'])
const WRITTEN: Readonly<Record<string, string>> = { h264: 'H.264', h265: 'H.265' }

export function unplayableOf(slots: SlotMap): UnplayablePicture[] {
  return Object.values(slots).flatMap((slot) => (slot?.unplayable && slot.source !== 'mic' ? [{ participant: slot.participant, source: slot.source, codec: slot.unplayable }] : []))
}

/**
 * Those for whose sake the whole stage becomes the broadcast: the screen and the presenters' cameras, which are the lesson. A guest
 * whose picture cannot be shown is no reason to fall seconds behind.
 */
export function worthBroadcast(pictures: readonly UnplayablePicture[], presenters: ReadonlySet<string>): UnplayablePicture[] {
  return pictures.filter(({ participant, source, codec }) => BROADCAST_CODECS.has(codec.toLowerCase()) && (source === 'screen' || presenters.has(participant)))
}

/** The codec as people write it. */
export const codecName = (codec: string): string => WRITTEN[codec.toLowerCase()] ?? codec
