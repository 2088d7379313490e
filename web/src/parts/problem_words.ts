/** A sentence for a person out of an error's code: our own words where we have them, the server's otherwise. */
import { useI18n } from 'vue-i18n'

export function useProblems(): (error: unknown) => { text: string; code: string } {
  const i18n = useI18n()
  return (error) => {
    const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; message?: unknown }
    const name = typeof code === 'string' ? code : 'internal'
    const key = `error.${name}`
    const said = typeof message === 'string' ? message : ''
    return { text: i18n.te(key) ? i18n.t(key) : said || i18n.t('error.internal'), code: name }
  }
}
