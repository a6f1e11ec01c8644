/** Going on with a training that was stopped or has failed, from its last checkpoint. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { RotateCw } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { retryJob } from '@/sync/api'
import type { ModelDetail } from '@/sync/learningApi'
import { keys } from '@/ui/app/queries'
import { Button } from '@/ui/kit/Button'
import { useToast } from '@/ui/kit/Toast'

/** What a request about a run changes on the pages, and how its failure is told. */
export function useRunOptions(model: ModelDetail) {
  const client = useQueryClient()
  const toast = useToast()
  return {
    onError: toast.failed,
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['jobs'] })
      void client.invalidateQueries({ queryKey: keys.models(model.project) })
      void client.invalidateQueries({ queryKey: keys.model(model.id) })
    },
  }
}

interface ResumeButtonProps {
  readonly model: ModelDetail
  readonly job: string
  readonly size: 'sm' | 'md'
}

export function ResumeButton({ model, job, size }: ResumeButtonProps) {
  const { t } = useTranslation('models')
  const retry = useMutation({ mutationFn: retryJob, ...useRunOptions(model) })
  return (
    <Button
      size={size}
      icon={<RotateCw size={size === 'sm' ? 14 : 16} aria-hidden />}
      busy={retry.isPending}
      onClick={() => retry.mutate(job)}
    >
      {t('run.resume')}
    </Button>
  )
}
