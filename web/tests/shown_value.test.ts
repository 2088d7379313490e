import { expect, test } from 'vitest'
import { vShows } from '../src/parts/shown_value'

test('a redraw leaves what is being typed; a new value does not', () => {
  const field = { value: '' }
  vShows.beforeMount(field, { value: '0:34' })
  expect(field.value).toBe('0:34')
  field.value = '0:1'
  vShows.updated(field, { value: '0:34', oldValue: '0:34' })
  expect(field.value).toBe('0:1')
  vShows.updated(field, { value: '0:14', oldValue: '0:34' })
  expect(field.value).toBe('0:14')
})
