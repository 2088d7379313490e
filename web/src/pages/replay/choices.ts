/** The person's choices in the player, in this browser's storage. */
import { asChoices, FIRST_CHOICES, type PlayerChoices } from '../../core/player_choices'

const KEY = 'lectern.player'
let now: PlayerChoices | undefined

export function chosen(): PlayerChoices {
  return (now ??= restore())
}

export function choose(choices: PlayerChoices): void {
  now = choices
  try {
    localStorage.setItem(KEY, JSON.stringify(choices))
  } catch {
    // The choice then lasts as long as the page.
  }
}

function restore(): PlayerChoices {
  try {
    return asChoices(JSON.parse(localStorage.getItem(KEY) ?? 'null'))
  } catch {
    return FIRST_CHOICES
  }
}
