/** The frame of every signed-in page: top bar with where you are, running jobs, uploads and the account menu. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Check, ChevronRight, CircleUser, LogOut, Monitor, Moon, Sun } from 'lucide-react'
import { Suspense, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Navigate, Outlet, useLocation, useMatch, useNavigate } from 'react-router'

import { LANGUAGES } from '@/i18n'
import { getProject, personName, signOut, type Me } from '@/sync/api'
import { Avatar } from '@/ui/kit/Bits'
import { Menu, MenuItem, MenuLabel, MenuLine } from '@/ui/kit/Menu'
import { UploadPanel } from '@/ui/uploads/UploadPanel'

import { ConnectionBanner } from './ConnectionBanner'
import { ServerDownPage } from './ErrorPages'
import { JobsIndicator } from './JobsIndicator'
import { Wordmark } from './Logo'
import { PageSkeleton } from './PageSkeleton'
import { usePreferences, useSavePreferences } from './preferences'
import { keys, useMe } from './queries'
import { chosenTheme, themeOf, type Theme } from './theme'
import { useUnsentWork } from './useUnsentWork'

const THEMES: readonly (readonly [Theme, ReactNode])[] = [
  ['system', <Monitor key="s" size={16} aria-hidden />],
  ['light', <Sun key="l" size={16} aria-hidden />],
  ['dark', <Moon key="d" size={16} aria-hidden />],
]

function AccountMenu({ me }: { readonly me: Me }) {
  const { t, i18n } = useTranslation()
  const navigate = useNavigate()
  const client = useQueryClient()
  const save = useSavePreferences()
  const theme = themeOf(me.user.preferences) ?? chosenTheme()
  const leave = () => {
    void signOut().finally(() => {
      // Nothing of this person stays for the next one; `me` is kept, as the frame is watching it.
      client.setQueryData(keys.me, null)
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.me[0] })
      void navigate('/login')
    })
  }
  const name = personName(me.user)
  return (
    <Menu
      trigger={
        <button type="button" className="avatar-button" aria-label={t('accountMenu', { name })}>
          <Avatar name={name} />
        </button>
      }
    >
      <div className="menu-person">
        <Avatar name={name} large />
        <div className="grow">
          <div className="truncate">
            <strong>{name}</strong>
          </div>
          <div className="small muted truncate">{me.user.email}</div>
        </div>
      </div>
      <MenuLine />
      <MenuItem icon={<CircleUser size={16} aria-hidden />} onSelect={() => void navigate('/account')}>
        {t('account')}
      </MenuItem>
      <MenuLine />
      <MenuLabel>{t('theme')}</MenuLabel>
      {THEMES.map(([value, icon]) => (
        <MenuItem key={value} icon={icon} onSelect={() => save({ theme: value })}>
          {t(`theme.${value}`)}
          {value === theme && <Check size={16} className="menu-check" aria-label={t('chosen')} />}
        </MenuItem>
      ))}
      <MenuLabel>{t('language')}</MenuLabel>
      {LANGUAGES.map((value) => (
        <MenuItem key={value} onSelect={() => save({ language: value })}>
          {t(`language.${value}`)}
          {value === i18n.language && <Check size={16} className="menu-check" aria-label={t('chosen')} />}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={<LogOut size={16} aria-hidden />} onSelect={leave}>
        {t('signOut')}
      </MenuItem>
    </Menu>
  )
}

function Crumbs() {
  const { t } = useTranslation()
  const match = useMatch('/projects/:projectId/*')
  const id = match?.params.projectId
  const { data: project } = useQuery({
    queryKey: keys.project(id ?? ''),
    queryFn: () => getProject(id ?? ''),
    enabled: id !== undefined,
  })
  return (
    <nav aria-label={t('breadcrumbs')} className="crumbs">
      <Link to="/" className="crumbs-home" aria-label={t('home')}>
        <Wordmark />
      </Link>
      {id !== undefined && (
        <>
          <ChevronRight size={16} aria-hidden className="crumbs-sep" />
          <Link to={`/projects/${id}`} className="crumbs-item truncate">
            {project?.name ?? ''}
          </Link>
        </>
      )}
    </nav>
  )
}

export function Shell() {
  const me = useMe()
  const { t } = useTranslation()
  const location = useLocation()
  usePreferences(me.data)
  useUnsentWork(me.data?.user.id)
  if (me.isPending) return <PageSkeleton />
  if (me.data === null) {
    const next =
      location.pathname === '/' ? '' : `?next=${encodeURIComponent(location.pathname + location.search)}`
    return <Navigate to={`/login${next}`} replace />
  }
  if (!me.data) {
    return (
      <>
        <ConnectionBanner />
        <ServerDownPage error={me.error} onRetry={() => void me.refetch()} />
      </>
    )
  }
  return (
    <div className="shell">
      <a href="#main" className="skip-link">
        {t('skipToContent')}
      </a>
      <header className="topbar">
        <Crumbs />
        <div className="row">
          <JobsIndicator />
          <AccountMenu me={me.data} />
        </div>
      </header>
      <ConnectionBanner />
      <Suspense fallback={<PageSkeleton bare />}>
        <Outlet />
      </Suspense>
      <UploadPanel />
    </div>
  )
}
