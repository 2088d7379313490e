/**
 * `v-shows`: what a field shows until somebody types something else. `:value` writes it again whenever anything on the page is
 * redrawn, and so takes away what is being typed; this writes only what changed.
 */
interface Shown {
  readonly value: string | number
  readonly oldValue: string | number | null
}

export const vShows = {
  beforeMount: (field: { value: string }, { value }: Pick<Shown, 'value'>): void => {
    field.value = String(value)
  },
  updated: (field: { value: string }, { value, oldValue }: Shown): void => {
    if (value !== oldValue) field.value = String(value)
  },
}
