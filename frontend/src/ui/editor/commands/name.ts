/** What a command is called in the person's language. */
import { useTranslation } from 'react-i18next'

export function useCommandName(): (id: string) => string {
  const { t } = useTranslation()
  return (id) => t(`commands:${id}`)
}
