/** Making a model the champion: first the comparison with the one that is it now; worse has to be wanted. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Crown } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Project } from '@/sync/api'
import { ApiProblem } from '@/sync/client'
import {
  compareModels,
  listModels,
  promoteModel,
  type Comparison,
  type ModelDetail,
} from '@/sync/learningApi'
import { keys } from '@/ui/app/queries'
import { Skeleton } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { Checkbox } from '@/ui/kit/Field'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'

import { PrimaryScore } from '../Registry'
import { useModelName } from '../ModelState'
import { Verdict } from './Verdict'

/** The comparison that a refusal brings along. */
function refusedBecause(error: unknown): Comparison | null {
  if (!(error instanceof ApiProblem) || error.type !== 'worse-than-champion') return null
  return (error.extra.comparison as Comparison | undefined) ?? null
}

interface PromoteDialogProps {
  readonly project: Project
  readonly model: ModelDetail
  readonly onClose: () => void
}

export function PromoteDialog({ project, model, onClose }: PromoteDialogProps) {
  const { t } = useTranslation('models')
  const client = useQueryClient()
  const toast = useToast()
  const name = useModelName()
  const [sure, setSure] = useState(false)
  const models = useQuery({ queryKey: keys.models(project.id), queryFn: () => listModels(project.id) })
  const champion = models.data?.find(
    (each) => each.state === 'champion' && each.purpose === model.purpose && each.id !== model.id,
  )
  const comparison = useQuery({
    queryKey: ['comparison', model.id, champion?.id],
    queryFn: () => compareModels(model.id, champion?.id ?? ''),
    enabled: champion !== undefined,
  })
  const promote = useMutation({
    mutationFn: (force: boolean) => promoteModel(model.id, force),
    onSuccess: (next) => {
      client.setQueryData(keys.model(model.id), next)
      for (const key of [keys.models(project.id), keys.queue(project.id), ['model'], ['jobs']])
        void client.invalidateQueries({ queryKey: key })
      toast.done(t('promoted', { name: name(model) }), t('promoted.text'))
      onClose()
    },
  })
  const shown = refusedBecause(promote.error) ?? comparison.data
  const worse = shown?.verdict === 'worse'
  const waiting = models.isPending || (champion !== undefined && comparison.isPending)
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('promote.title', { name: name(model) })}
      description={t('promote.text')}
      onSubmit={() => promote.mutate(worse && sure)}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button
            type="submit"
            variant={worse ? 'danger' : 'primary'}
            icon={<Crown size={16} aria-hidden />}
            busy={promote.isPending}
            disabled={waiting || (worse && !sure)}
          >
            {worse ? t('promote.anyway') : t('promote')}
          </Button>
        </>
      }
    >
      {waiting && <Skeleton style={{ height: 150, borderRadius: 12 }} />}
      {models.isSuccess && !champion && <p className="notice">{t('promote.first')}</p>}
      {champion && (
        <div className="versus">
          <div className="card card-pad">
            <span className="small muted">{t('promote.candidate')}</span>
            <strong className="truncate">{name(model)}</strong>
            <PrimaryScore metrics={model.metrics} />
          </div>
          <div className="card card-pad">
            <span className="small muted">{t('promote.champion')}</span>
            <strong className="truncate">{name(champion)}</strong>
            <PrimaryScore metrics={champion.metrics} />
          </div>
        </div>
      )}
      {comparison.error && (
        <ProblemNotice error={comparison.error} onRetry={() => void comparison.refetch()} />
      )}
      {shown && <Verdict comparison={shown} />}
      {worse && <Checkbox label={t('promote.sure')} checked={sure} onValue={setSure} />}
      {promote.error && !refusedBecause(promote.error) && <ProblemNotice error={promote.error} />}
    </Dialog>
  )
}
