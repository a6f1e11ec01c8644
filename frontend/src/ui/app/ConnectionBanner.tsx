/** Tells that the network or the server is away, and that it is being asked again. */
import { useQueryClient } from '@tanstack/react-query'
import { CloudOff } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'

import { onComeback, useServerReachable } from './connection'

function subscribe(listener: () => void): () => void {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}

export function ConnectionBanner() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const online = useSyncExternalStore(subscribe, () => navigator.onLine)
  const reachable = useServerReachable()
  useEffect(() => onComeback(() => void client.invalidateQueries()), [client])
  if (online && reachable) return null
  return (
    <div className="connection-banner" role="status">
      <CloudOff size={16} aria-hidden />
      {online ? t('serverDown') : t('offline')}
    </div>
  )
}
