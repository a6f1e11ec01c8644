/** One's own account: name, language, theme, and tokens for programs. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Monitor, Moon, Sun, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { LANGUAGES, type Language } from '@/i18n'
import { createToken, deleteToken, listTokens, patchMe, type Me, type Token } from '@/sync/api'
import { keys, useMe } from '@/ui/app/queries'
import { useSavePreferences } from '@/ui/app/preferences'
import { chosenTheme, themeOf, type Theme } from '@/ui/app/theme'
import { useTitle } from '@/ui/app/useTitle'
import { CopyField, Skeleton } from '@/ui/kit/Bits'
import { Button, IconButton } from '@/ui/kit/Button'
import { ConfirmDialog, Dialog } from '@/ui/kit/Dialog'
import { Field, Segmented, Select, TextField } from '@/ui/kit/Field'
import { ago } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'

function ProfileCard({ me }: { readonly me: Me }) {
  const { t } = useTranslation('account')
  const client = useQueryClient()
  const toast = useToast()
  const [name, setName] = useState(me.user.name)
  const save = useMutation({
    mutationFn: () => patchMe({ name: name.trim() }),
    onSuccess: (next) => {
      client.setQueryData(keys.me, next)
      toast.done(t('saved'))
    },
  })
  return (
    <form
      className="card card-pad stack"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <h2 className="card-title">{t('profile')}</h2>
      <TextField label={t('name')} autoComplete="name" maxLength={150} value={name} onValue={setName} />
      <TextField label={t('email')} value={me.user.email} disabled onValue={() => undefined} />
      {save.error && <ProblemNotice error={save.error} />}
      <div>
        <Button type="submit" variant="primary" busy={save.isPending} disabled={name.trim() === me.user.name}>
          {t('common:save')}
        </Button>
      </div>
    </form>
  )
}

function AppearanceCard({ me }: { readonly me: Me }) {
  const { t, i18n } = useTranslation('account')
  const save = useSavePreferences()
  const theme = themeOf(me.user.preferences) ?? chosenTheme()
  const icon = { system: Monitor, light: Sun, dark: Moon }
  return (
    <section className="card card-pad stack">
      <h2 className="card-title">{t('appearance')}</h2>
      <div className="field">
        <span className="field-label">{t('common:theme')}</span>
        <div>
          <Segmented<Theme>
            label={t('common:theme')}
            value={theme}
            choices={(['system', 'light', 'dark'] as const).map((value) => {
              const Icon = icon[value]
              return {
                value,
                name: t(`common:theme.${value}`),
                label: (
                  <>
                    <Icon size={15} aria-hidden />
                    {t(`common:theme.${value}`)}
                  </>
                ),
              }
            })}
            onValue={(next) => save({ theme: next })}
          />
        </div>
      </div>
      <Field label={t('common:language')}>
        {({ id }) => (
          <Select<Language>
            id={id}
            label={t('common:language')}
            value={i18n.language as Language}
            choices={LANGUAGES.map((value) => ({ value, label: t(`common:language.${value}`) }))}
            onValue={(language) => save({ language })}
          />
        )}
      </Field>
    </section>
  )
}

function NewTokenDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation('account')
  const client = useQueryClient()
  const [name, setName] = useState('')
  const create = useMutation({
    mutationFn: () => createToken(name.trim()),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
  })
  if (create.data) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={t('token.ready')}
        description={t('token.once')}
        footer={
          <Button variant="primary" onClick={onClose}>
            {t('common:done')}
          </Button>
        }
      >
        <CopyField label={t('token.value')} value={create.data.token} />
      </Dialog>
    )
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('token.new')}
      description={t('token.newText')}
      onSubmit={() => create.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" variant="primary" busy={create.isPending} disabled={name.trim() === ''}>
            {t('token.create')}
          </Button>
        </>
      }
    >
      <TextField
        label={t('token.name')}
        autoFocus
        maxLength={100}
        value={name}
        placeholder={t('token.namePlaceholder')}
        onValue={setName}
      />
      {create.error && <ProblemNotice error={create.error} />}
    </Dialog>
  )
}

function TokensCard() {
  const { t, i18n } = useTranslation('account')
  const client = useQueryClient()
  const tokens = useQuery({ queryKey: keys.tokens, queryFn: listTokens })
  const [creating, setCreating] = useState(false)
  const [removing, setRemoving] = useState<Token | null>(null)
  const remove = useMutation({
    mutationFn: (token: Token) => deleteToken(token.id),
    onSuccess: () => {
      setRemoving(null)
      void client.invalidateQueries({ queryKey: keys.tokens })
    },
  })
  return (
    <section className="card card-pad stack">
      <div className="spread">
        <div>
          <h2 className="card-title">{t('tokens')}</h2>
          <p className="muted small">{t('tokens.text')}</p>
        </div>
        <Button icon={<KeyRound size={16} aria-hidden />} onClick={() => setCreating(true)}>
          {t('token.new')}
        </Button>
      </div>
      {tokens.error && <ProblemNotice error={tokens.error} onRetry={() => void tokens.refetch()} />}
      {tokens.isPending && <Skeleton style={{ height: 56 }} />}
      {tokens.data?.length === 0 && <p className="muted">{t('tokens.none')}</p>}
      {(tokens.data ?? []).length > 0 && (
        <ul className="token-list">
          {(tokens.data ?? []).map((token) => (
            <li key={token.id} className="spread">
              <div>
                <strong>{token.name}</strong>
                <div className="small muted">
                  {t('token.made', { when: ago(token.created, i18n.language) })} ·{' '}
                  {token.last_used
                    ? t('token.used', { when: ago(token.last_used, i18n.language) })
                    : t('token.unused')}
                </div>
              </div>
              <IconButton label={t('token.remove', { name: token.name })} onClick={() => setRemoving(token)}>
                <Trash2 size={16} aria-hidden />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {creating && <NewTokenDialog onClose={() => setCreating(false)} />}
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={t('token.remove', { name: removing?.name ?? '' })}
        text={t('token.removeText')}
        action={t('common:delete')}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => removing && remove.mutate(removing)}
      />
    </section>
  )
}

export function AccountPage() {
  const { t } = useTranslation('account')
  const me = useMe()
  useTitle(t('title'))
  if (!me.data) return null
  return (
    <main className="page" id="main">
      <div className="page-inner page-narrow">
        <div className="section-head">
          <h1>{t('title')}</h1>
        </div>
        <div className="stack">
          <ProfileCard me={me.data} />
          <AppearanceCard me={me.data} />
          <TokensCard />
        </div>
      </div>
    </main>
  )
}
