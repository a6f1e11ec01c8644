/** The frame of the pages before signing in: the form on one side, what the product does on the other. */
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { LANGUAGES, setLanguage, type Language } from '@/i18n'
import { Wordmark } from '@/ui/app/Logo'
import { Select } from '@/ui/kit/Field'

import { AuthArt } from './AuthArt'
import './auth.css'

interface AuthLayoutProps {
  readonly title: string
  readonly text: string
  readonly children: ReactNode
}

export function AuthLayout({ title, text, children }: AuthLayoutProps) {
  const { t, i18n } = useTranslation('auth')
  return (
    <div className="auth">
      <main className="auth-side" id="main">
        <div className="spread">
          <Wordmark />
          <Select<Language>
            size="sm"
            label={t('common:language')}
            value={i18n.language as Language}
            choices={LANGUAGES.map((value) => ({ value, label: t(`common:language.${value}`) }))}
            onValue={setLanguage}
          />
        </div>
        <div className="auth-form">
          <h1>{title}</h1>
          <p className="muted">{text}</p>
          {children}
        </div>
        <p className="small muted">{t('foot')}</p>
      </main>
      <aside className="auth-show" aria-hidden>
        <AuthArt />
        <p className="auth-claim">{t('claim')}</p>
      </aside>
    </div>
  )
}
