/** Who is signed in, asked once per page life. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api } from '../rest/api'
import { Refusal } from '../rest/http'
import type { Me } from '../rest/models'

export const useAccount = defineStore('account', () => {
  const me = shallowRef<Me | null>(null)
  let asked: Promise<Me | null> | undefined

  const load = (): Promise<Me | null> =>
    (asked ??= api.me().then(
      (answer) => (me.value = answer),
      (error: unknown) => {
        asked = undefined
        if (error instanceof Refusal && (error.status === 401 || error.status === 403)) return null
        throw error
      },
    ))
  const signIn = async (login: string, password: string): Promise<void> => {
    await api.signIn(login, password)
    asked = undefined
    await load()
  }
  const signOut = async (): Promise<void> => {
    await api.signOut()
    me.value = null
    asked = undefined
  }
  const mayBroadcast = computed(() => me.value?.roles.some((role) => role === 'presenter' || role === 'host' || role === 'admin') ?? false)
  const mayAdminister = computed(() => me.value?.roles.some((role) => role === 'admin' || role === 'line_manager') ?? false)
  const administers = computed(() => me.value?.roles.includes('admin') ?? false)
  return { administers, me, load, signIn, signOut, mayBroadcast, mayAdminister }
})
