/** The colour of a microcourse's state; the word beside it says the same. */
import type { Microcourse } from '../../rest/models'

const TONES: Partial<Record<Microcourse['state'], string>> = { published: 'ok', reviewed: 'ok', failed: 'bad', sent_back: 'bad', in_review: 'warn', ready: 'warn' }

export const stateTone = (state: Microcourse['state']): string => TONES[state] ?? ''
