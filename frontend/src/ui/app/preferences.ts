/** The account's language and theme: applied when known, changed here first and on the server after. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

import { closestLanguage, setLanguage, type Language } from '@/i18n'
import { patchMe, type Me } from '@/sync/api'

import { keys } from './queries'
import { chosenTheme, setTheme, themeOf, type Theme } from './theme'
import { setPreference } from './usePreference'

/** Applies the account's language and theme once they are known. */
export function usePreferences(me: Me | null | undefined): void {
  const { i18n } = useTranslation()
  const language = me?.user.language
  const theme = me ? themeOf(me.user.preferences) : null
  useEffect(() => {
    if (language && closestLanguage([language]) !== i18n.language) setLanguage(closestLanguage([language]))
  }, [language, i18n])
  useEffect(() => {
    if (theme !== null && theme !== chosenTheme()) setTheme(theme)
  }, [theme])
}

/** Changes the account's language or theme: at once here, then on the server. */
export function useSavePreferences() {
  const client = useQueryClient()
  return (change: { theme?: Theme; language?: Language }): void => {
    const me = client.getQueryData<Me | null>(keys.me)
    if (change.theme) setTheme(change.theme)
    if (change.language) setLanguage(change.language)
    if (!me) return
    // The server writes language codes in lower case.
    const language = change.language?.toLowerCase() ?? me.user.language
    if (change.theme) setPreference('theme', change.theme)
    const preferences = change.theme ? { ...me.user.preferences, theme: change.theme } : me.user.preferences
    client.setQueryData<Me>(keys.me, { ...me, user: { ...me.user, preferences, language } })
    if (change.language)
      void patchMe({ language }).catch(() => client.invalidateQueries({ queryKey: keys.me }))
  }
}
