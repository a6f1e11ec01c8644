/**
 * Languages: English and Brazilian Portuguese. Every file of `en/` and `pt-BR/` is a namespace named like the file.
 * The language is the account's; before that the one chosen last on this machine; before that the browser's.
 */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'

export type Language = 'en' | 'pt-BR'
export const LANGUAGES: readonly Language[] = ['en', 'pt-BR']
const STORE = 'contorno.language'

type Messages = Record<string, string>
type Bundle = Record<string, Messages>

const files = {
  en: import.meta.glob<Messages>('./en/*.ts', { eager: true, import: 'default' }),
  'pt-BR': import.meta.glob<Messages>('./pt-BR/*.ts', { eager: true, import: 'default' }),
}

/** Intl knows a `many` form in Portuguese (whole millions) that reads like `other`: filled in, not written twice. */
function withMany(messages: Messages): Messages {
  const many = Object.entries(messages)
    .filter(([key]) => key.endsWith('_other'))
    .map(([key, text]) => [key.replace(/_other$/, '_many'), text])
  return { ...(Object.fromEntries(many) as Messages), ...messages }
}

function bundle(modules: Record<string, Messages>): Bundle {
  return Object.fromEntries(
    Object.entries(modules).map(([path, messages]) => [
      path.replace(/^.*\/([\w-]+)\.ts$/, '$1'),
      withMany(messages),
    ]),
  )
}

export function closestLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith('pt')) return 'pt-BR'
    if (tag.toLowerCase().startsWith('en')) return 'en'
  }
  return 'en'
}

function remembered(): Language {
  const stored = localStorage.getItem(STORE)
  return closestLanguage(stored ? [stored] : navigator.languages)
}

export function setLanguage(language: Language): void {
  localStorage.setItem(STORE, language)
  document.documentElement.lang = language
  void i18next.changeLanguage(language)
}

void i18next.use(initReactI18next).init({
  resources: { en: bundle(files.en), 'pt-BR': bundle(files['pt-BR']) },
  lng: remembered(),
  fallbackLng: 'en',
  defaultNS: 'common',
  keySeparator: false,
  interpolation: { escapeValue: false },
  returnNull: false,
})
document.documentElement.lang = i18next.language

export default i18next
