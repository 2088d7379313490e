/** Words for what data name, such as an act in the audit log. What this version has no words for is shown as it is stored. */
import { useI18n } from 'vue-i18n'

export function useKnownWords(): (key: string, otherwise: string) => string {
  const i18n = useI18n()
  return (key, otherwise) => (i18n.te(key) ? i18n.t(key) : otherwise)
}
