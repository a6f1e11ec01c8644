/** What managers can do with a finished model: promote, pre-label, rename, retire. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Archive, Crown, Ellipsis, Pencil, Wand2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Project } from '@/sync/api'
import { patchModel, retireModel, type ModelDetail } from '@/sync/learningApi'
import { can, keys } from '@/ui/app/queries'
import { Button, IconButton } from '@/ui/kit/Button'
import { ConfirmDialog, Dialog } from '@/ui/kit/Dialog'
import { TextAreaField, TextField } from '@/ui/kit/Field'
import { Menu, MenuItem } from '@/ui/kit/Menu'
import { fieldError, ProblemNotice } from '@/ui/kit/Problem'

import { useModelName } from '../ModelState'
import { PrelabelDialog } from '../PrelabelDialog'
import { ResumeButton } from '../run/ResumeButton'
import { PromoteDialog } from './PromoteDialog'

interface ModelActionsProps {
  readonly project: Project
  readonly model: ModelDetail
}

function RenameDialog({ model, onClose }: { readonly model: ModelDetail; readonly onClose: () => void }) {
  const { t } = useTranslation('models')
  const client = useQueryClient()
  const [name, setName] = useState(model.name)
  const [note, setNote] = useState(model.note)
  const save = useMutation({
    mutationFn: () => patchModel(model.id, { name: name.trim(), note: note.trim() }),
    onSuccess: (next) => {
      client.setQueryData(keys.model(model.id), next)
      void client.invalidateQueries({ queryKey: keys.models(model.project) })
      onClose()
    },
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('rename')}
      onSubmit={() => save.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" variant="primary" busy={save.isPending}>
            {t('common:save')}
          </Button>
        </>
      }
    >
      <TextField
        label={t('name')}
        autoFocus
        maxLength={200}
        value={name}
        error={fieldError(save.error, 'name')}
        onValue={setName}
      />
      <TextAreaField label={t('note')} optional rows={4} value={note} onValue={setNote} />
      {save.error && <ProblemNotice error={save.error} />}
    </Dialog>
  )
}

function RetireDialog({ model, onClose }: { readonly model: ModelDetail; readonly onClose: () => void }) {
  const { t } = useTranslation('models')
  const client = useQueryClient()
  const name = useModelName()
  const retire = useMutation({
    mutationFn: () => retireModel(model.id),
    onSuccess: (next) => {
      client.setQueryData(keys.model(model.id), next)
      void client.invalidateQueries({ queryKey: keys.models(model.project) })
      onClose()
    },
  })
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('retire.title', { name: name(model) })}
      text={model.state === 'champion' ? t('retire.championText') : t('retire.text')}
      action={t('retire')}
      busy={retire.isPending}
      error={retire.error}
      onConfirm={() => retire.mutate()}
    />
  )
}

export function ModelActions({ project, model }: ModelActionsProps) {
  const { t } = useTranslation('models')
  const [open, setOpen] = useState<'promote' | 'prelabel' | 'rename' | 'retire' | null>(null)
  if (!can(project, 'manager')) return null
  const close = () => setOpen(null)
  return (
    <div className="row-wrap">
      {model.stopped && model.state === 'candidate' && model.job && (
        <ResumeButton model={model} job={model.job.id} size="md" />
      )}
      {model.purpose !== 'click' && (
        <Button icon={<Wand2 size={16} aria-hidden />} onClick={() => setOpen('prelabel')}>
          {t('prelabel')}
        </Button>
      )}
      {model.state !== 'champion' && (
        <Button variant="primary" icon={<Crown size={16} aria-hidden />} onClick={() => setOpen('promote')}>
          {t('promote')}
        </Button>
      )}
      <Menu
        trigger={
          <IconButton label={t('more')} variant="secondary">
            <Ellipsis size={16} aria-hidden />
          </IconButton>
        }
      >
        <MenuItem icon={<Pencil size={16} aria-hidden />} onSelect={() => setOpen('rename')}>
          {t('rename')}
        </MenuItem>
        {model.state !== 'retired' && (
          <MenuItem icon={<Archive size={16} aria-hidden />} onSelect={() => setOpen('retire')}>
            {t('retire')}
          </MenuItem>
        )}
      </Menu>
      {open === 'promote' && <PromoteDialog project={project} model={model} onClose={close} />}
      {open === 'prelabel' && <PrelabelDialog project={project} model={model.id} onClose={close} />}
      {open === 'rename' && <RenameDialog model={model} onClose={close} />}
      {open === 'retire' && <RetireDialog model={model} onClose={close} />}
    </div>
  )
}
