/** How many work items wait for the person who is signed in; asked anew when one may have changed. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { api } from '../../rest/api'

export const useOpenItems = defineStore('openItems', () => {
  const open = shallowRef(0)

  async function look(): Promise<void> {
    try {
      open.value = (await api.openItems()).open
    } catch {
      // A count in the navigation is not worth an error: the page behind it says what is wrong.
    }
  }
  return { open, look }
})
