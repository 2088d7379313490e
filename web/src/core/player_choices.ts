/** What a person chose in the player and finds again in the next lesson: speed, language of the captions. */

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const

export interface PlayerChoices {
  readonly speed: number
  /** The language of the captions as BCP 47 has it; null: none. */
  readonly captions: string | null
}

export const FIRST_CHOICES: PlayerChoices = { speed: 1, captions: null }

/** What storage held, as far as it makes sense. */
export function asChoices(found: unknown): PlayerChoices {
  if (typeof found !== 'object' || found === null) return FIRST_CHOICES
  const { speed, captions } = found as Record<string, unknown>
  return {
    speed: SPEEDS.find((one) => one === speed) ?? FIRST_CHOICES.speed,
    captions: typeof captions === 'string' && captions.length <= 35 ? captions : null,
  }
}

/** The next speed up (`by` 1) or down (`by` -1); at the end it stays. */
export function nextSpeed(speed: number, by: 1 | -1): number {
  const beyond = SPEEDS.filter((one) => (by > 0 ? one > speed : one < speed))
  return (by > 0 ? beyond[0] : beyond.at(-1)) ?? speed
}
