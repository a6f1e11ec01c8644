/** Lets only signed-in people through to a full-window page (the editor), and sends others to the log-in. */
import { Suspense, useState } from 'react'
import { Navigate, Outlet, useLocation } from 'react-router'

import { PageSkeleton } from './PageSkeleton'
import { usePreferences } from './preferences'
import { useMe } from './queries'

export function SignedIn() {
  const me = useMe()
  const location = useLocation()
  usePreferences(me.data)
  // An expired sign-in must not throw anybody out of an open editor: it asks in place and keeps the work.
  const [wasIn, setWasIn] = useState(false)
  if (me.data && !wasIn) setWasIn(true)
  if (me.data === null && !wasIn) {
    return <Navigate to={`/login?next=${encodeURIComponent(location.pathname + location.search)}`} replace />
  }
  return (
    <Suspense fallback={<PageSkeleton />}>
      <Outlet />
    </Suspense>
  )
}
