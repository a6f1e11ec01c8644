/** Freezing the project as it is now into a dataset version. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { createVersion, STATUSES, type ImageStatus, type Project, type Version } from '@/sync/api'
import { keys } from '@/ui/app/queries'
import { Button } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { Checkbox, TextAreaField, TextField } from '@/ui/kit/Field'
import { integer } from '@/ui/kit/format'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'

interface FreezeProps {
  readonly project: Project
  readonly onClose: () => void
  readonly onFrozen: (version: Version) => void
}

export function FreezeDialog({ project, onClose, onFrozen }: FreezeProps) {
  const { t, i18n } = useTranslation('versions')
  const client = useQueryClient()
  const toast = useToast()
  const [name, setName] = useState('')
  const [note, setNote] = useState('')
  const [statuses, setStatuses] = useState<readonly ImageStatus[]>(STATUSES)
  const images = statuses.reduce((sum, status) => sum + project.counts[status], 0)
  const freeze = useMutation({
    mutationFn: () => createVersion(project.id, { name: name.trim(), note: note.trim(), statuses }),
    onSuccess: (version) => {
      void client.invalidateQueries({ queryKey: keys.versions(project.id) })
      toast.done(t('frozen', { number: version.number }))
      onFrozen(version)
    },
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('freeze')}
      description={t('freeze.text')}
      onSubmit={() => freeze.mutate()}
      footer={
        <>
          <span className="small muted grow num">
            {t('freeze.images', { count: images, number: integer(images, i18n.language) })}
          </span>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" variant="primary" busy={freeze.isPending} disabled={images === 0}>
            {t('freeze.action')}
          </Button>
        </>
      }
    >
      <TextField
        label={t('name')}
        optional
        autoFocus
        maxLength={200}
        value={name}
        placeholder={t('name.placeholder')}
        onValue={setName}
      />
      <TextAreaField label={t('note')} optional rows={2} value={note} onValue={setNote} />
      <fieldset className="field">
        <legend className="field-label freeze-legend">{t('statuses')}</legend>
        <div className="stack-2">
          {STATUSES.map((status) => (
            <div key={status} className="spread">
              <Checkbox
                label={t(`common:status.${status}`)}
                checked={statuses.includes(status)}
                onValue={(on) =>
                  setStatuses(STATUSES.filter((each) => (each === status ? on : statuses.includes(each))))
                }
              />
              <span className="small muted num">{integer(project.counts[status], i18n.language)}</span>
            </div>
          ))}
        </div>
      </fieldset>
      {freeze.error && <ProblemNotice error={freeze.error} />}
    </Dialog>
  )
}
