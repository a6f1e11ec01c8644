/** A revision over the canvas, what differs from now outlined, and the banner that says so and brings it back. */
import { useMutation } from '@tanstack/react-query'
import { History } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { Button } from '@/ui/kit/Button'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'

import type { Opened } from '../open'
import { AsideStage } from './AsideStage'
import { clockTime } from './clock'
import { Legend } from './Legend'
import { endLook, restore } from './look'
import { Pane } from './Pane'
import type { Preview } from './state'
import { useChoice, useLook } from './useLook'

interface PreviewProps {
  readonly opened: Opened
  readonly preview: Preview
  /** Whether this person may change the document. */
  readonly writes: boolean
}

export function PreviewBanner({ opened, preview, writes }: PreviewProps) {
  const { t, i18n } = useTranslation('together')
  const toast = useToast()
  const { ids } = useChoice()
  const { found } = useLook(opened, preview)
  const bring = useMutation({
    mutationFn: (objects: readonly string[] | null) => restore(opened, preview.revision, objects),
    onSuccess: (outcome) => {
      if (outcome === 'unsaved') return toast.done(t('restore.unsaved'), t('restore.unsavedText'))
      if (outcome === 'stale') return toast.done(t('restore.stale'), t('restore.staleText'))
      endLook(opened)
      toast.done(t('restore.done', { number: preview.revision }), t('restore.doneText'))
    },
    onError: (error) => toast.failed(error),
  })
  return (
    <div className="banner look-banner" data-tone="accent" role="status" data-testid="preview-banner">
      <History size={17} aria-hidden />
      <div className="grow">
        <strong>
          {t('preview.title', {
            number: preview.revision,
            time: clockTime(preview.created, i18n.language),
            name: preview.author,
          })}
        </strong>
        <p>{t('preview.text')}</p>
      </div>
      <span className="row">
        {writes && ids.size > 0 && (
          <Button size="sm" busy={bring.isPending} onClick={() => bring.mutate([...ids])}>
            {t('restore.some', { count: ids.size })}
          </Button>
        )}
        {writes && (
          <Button
            size="sm"
            variant="primary"
            busy={bring.isPending}
            disabled={found.length === 0}
            onClick={() => bring.mutate(null)}
          >
            {t('restore.all')}
          </Button>
        )}
        <Button size="sm" onClick={() => endLook(opened)}>
          {t('back')}
        </Button>
      </span>
    </div>
  )
}

export function PreviewStage({ opened, preview }: Omit<PreviewProps, 'writes'>) {
  const { t } = useTranslation('together')
  const { records, error, found, marks } = useLook(opened, preview)
  const counts = {
    added: found.filter(({ kind }) => kind === 'added').length,
    removed: found.filter(({ kind }) => kind === 'removed').length,
    changed: found.filter(({ kind }) => kind === 'changed').length,
  }
  return (
    <AsideStage
      session={opened.session}
      label={t('preview.stage', { number: preview.revision })}
      onBack={() => endLook(opened)}
    >
      <Pane session={opened.session} records={records ?? []} marks={marks} />
      {error !== null && error !== undefined && (
        <div className="stage-problem">
          <ProblemNotice error={error} />
        </div>
      )}
      {records && <Legend title={t('legend.since')} counts={counts} />}
    </AsideStage>
  )
}
