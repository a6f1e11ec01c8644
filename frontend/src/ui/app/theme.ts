/** Light or dark: follows the system unless chosen; the choice is kept on this machine and in the account. */
import type { Preferences } from '@/sync/api'

export type Theme = 'system' | 'light' | 'dark'
const STORE = 'contorno.theme'
const system = () => window.matchMedia('(prefers-color-scheme: dark)')

export function chosenTheme(): Theme {
  const stored = localStorage.getItem(STORE)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

function apply(): void {
  const theme = chosenTheme()
  document.documentElement.dataset.theme = theme === 'system' ? (system().matches ? 'dark' : 'light') : theme
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(STORE, theme)
  apply()
}

/** Call once at start: applies the theme and keeps following the system. */
export function startTheme(): void {
  apply()
  system().addEventListener('change', apply)
}

export function themeOf(preferences: Preferences): Theme | null {
  const { theme } = preferences
  return theme === 'light' || theme === 'dark' || theme === 'system' ? theme : null
}
