/** What stands where on the stage: the screen is the hero, the camera an inset; a camera alone takes the whole stage. */
import type { SlotMap } from './wire'

export interface Placed {
  readonly mid: string
  readonly place: 'main' | 'inset'
  readonly participant: string
  readonly source: 'camera' | 'screen'
}

/** Slots that carry a picture, screen first. Slots that are empty or carry sound are left out. */
export function layoutOf(slots: SlotMap): Placed[] {
  const pictures = Object.entries(slots).flatMap(([mid, slot]) =>
    slot && slot.source !== 'mic' ? [{ mid, participant: slot.participant, source: slot.source }] : [],
  )
  pictures.sort((a, b) => Number(b.source === 'screen') - Number(a.source === 'screen') || a.mid.localeCompare(b.mid))
  return pictures.map((picture, at) => ({ ...picture, place: at === 0 ? 'main' : 'inset' }))
}
