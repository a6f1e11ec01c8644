/** Lets only signed-in people through to a full-window page (the editor), and sends others to the log-in. */
import { Suspense } from 'react'
import { Navigate, Outlet, useLocation } from 'react-router'

import { PageSkeleton } from './PageSkeleton'
import { useMe } from './queries'

export function SignedIn() {
  const me = useMe()
  const location = useLocation()
  if (me.data === null) {
    return <Navigate to={`/login?next=${encodeURIComponent(location.pathname + location.search)}`} replace />
  }
  return (
    <Suspense fallback={<PageSkeleton />}>
      <Outlet />
    </Suspense>
  )
}
