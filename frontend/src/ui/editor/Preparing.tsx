/** In the editor's place while a large image is being cut into tiles, or when that failed. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { CircleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import { type ImageItem, type Project, retryJob } from '@/sync/api'
import { Progress } from '@/ui/kit/Bits'
import { Button, buttonClass } from '@/ui/kit/Button'
import { integer } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'

import { imageKey } from './workflow'

interface PreparingProps {
  readonly image: ImageItem
  readonly tiles: NonNullable<ImageItem['tiles']>
  readonly project: Project
}

export function Preparing({ image, tiles, project }: PreparingProps) {
  const { t, i18n } = useTranslation('large')
  const client = useQueryClient()
  const retry = useMutation({
    mutationFn: (job: string) => retryJob(job),
    onSettled: () => client.invalidateQueries({ queryKey: imageKey(image.id) }),
  })
  const failed = tiles.state === 'failed'
  const size = {
    width: integer(image.width, i18n.language),
    height: integer(image.height, i18n.language),
  }
  return (
    <main className="editor-preparing" id="main" data-testid="preparing" data-state={tiles.state}>
      <div className="preparing-card">
        <div>
          <h1 className="truncate">{failed ? t('failedTitle') : t('preparing')}</h1>
          <p className="muted truncate">
            {image.name} · {t('size', size)}
          </p>
        </div>
        {failed ? (
          <div className="notice notice-danger" role="alert">
            <CircleAlert size={18} aria-hidden />
            <div className="grow">{tiles.error}</div>
          </div>
        ) : (
          <>
            <p>{t('preparingText')}</p>
            <Progress value={tiles.progress} label={t('preparing')} />
            <p className="small muted num" role="status">
              {tiles.progress > 0 ? `${Math.round(tiles.progress * 100)}%` : t('queued')}
            </p>
          </>
        )}
        {retry.error && <ProblemNotice error={retry.error} />}
        <div className="preparing-actions">
          {failed && tiles.job !== null && (
            <Button variant="primary" busy={retry.isPending} onClick={() => retry.mutate(tiles.job ?? '')}>
              {t('retry')}
            </Button>
          )}
          <Link className={buttonClass('secondary', 'md')} to={`/projects/${project.id}`}>
            {t('back')}
          </Link>
        </div>
      </div>
    </main>
  )
}
