/** What stands in a page's place while its code or its first data is on the way; same sizes as the real thing. */
import { useTranslation } from 'react-i18next'

import { Skeleton } from '@/ui/kit/Bits'

export function PageSkeleton({ bare = false }: { readonly bare?: boolean }) {
  const { t } = useTranslation()
  return (
    <>
      {!bare && <div className="topbar" />}
      <div className="page" role="status" aria-label={t('loading')}>
        <Skeleton style={{ width: 240, height: 30 }} />
        <Skeleton style={{ width: 360, height: 18, marginTop: 12 }} />
        <Skeleton style={{ width: '100%', height: 320, marginTop: 32, borderRadius: 12 }} />
      </div>
    </>
  )
}
