/** The browser's entry: styles, language, theme, then the application. */
import '@fontsource-variable/inter/wght.css'
import '@/ui/styles/tokens.css'
import '@/ui/styles/base.css'
import '@/ui/styles/kit.css'
import '@/ui/app/app.css'
import '@/i18n'

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { App } from '@/ui/app/App'
import { startTheme } from '@/ui/app/theme'
import { startPreferences } from '@/ui/app/usePreference'

startTheme()
startPreferences()
const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
