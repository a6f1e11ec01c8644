/** What can be done with the selected images: pre-labelling them, their group, licence and attribution, or deleting them. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Pencil, Trash2, Wand2, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import { deleteImage, patchImage } from '@/sync/api'
import { keys, useProject } from '@/ui/app/queries'
import { Button, IconButton } from '@/ui/kit/Button'
import { ConfirmDialog, Dialog } from '@/ui/kit/Dialog'
import { TextField } from '@/ui/kit/Field'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'
import { PrelabelDialog } from '@/ui/models/PrelabelDialog'

import type { Selection } from './useSelection'

const AT_ONCE = 4

/** Runs `work` over all ids, a few at a time; throws the first error after all have been tried. */
async function forEachId(ids: readonly string[], work: (id: string) => Promise<unknown>): Promise<void> {
  const left = [...ids]
  const errors: unknown[] = []
  const worker = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      await work(id).catch((error: unknown) => errors.push(error))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  if (errors.length > 0) throw errors[0]
}

interface DialogProps {
  readonly ids: readonly string[]
  readonly onClose: () => void
  readonly onDone: () => void
}

function EditDialog({ ids, onClose, onDone }: DialogProps) {
  const { t } = useTranslation('images')
  const [group, setGroup] = useState('')
  const [licence, setLicence] = useState('')
  const [attribution, setAttribution] = useState('')
  const values = Object.fromEntries(
    Object.entries({ group, licence, attribution })
      .map(([field, value]) => [field, value.trim()] as const)
      .filter(([, value]) => value !== ''),
  )
  const save = useMutation({
    mutationFn: () => forEachId(ids, (id) => patchImage(id, values)),
    onSuccess: onDone,
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('edit.title', { count: ids.length })}
      description={t('edit.text')}
      onSubmit={() => save.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button
            type="submit"
            variant="primary"
            busy={save.isPending}
            disabled={Object.keys(values).length === 0}
          >
            {t('common:save')}
          </Button>
        </>
      }
    >
      <TextField label={t('group')} hint={t('group.hint')} value={group} maxLength={200} onValue={setGroup} />
      <TextField label={t('licence')} value={licence} maxLength={200} onValue={setLicence} />
      <TextField label={t('attribution')} value={attribution} maxLength={500} onValue={setAttribution} />
      {save.error && <ProblemNotice error={save.error} />}
    </Dialog>
  )
}

function DeleteDialog({ ids, onClose, onDone }: DialogProps) {
  const { t } = useTranslation('images')
  const remove = useMutation({ mutationFn: () => forEachId(ids, deleteImage), onSuccess: onDone })
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('delete.title', { count: ids.length })}
      text={t('delete.text')}
      action={t('delete.action', { count: ids.length })}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
    />
  )
}

interface SelectionBarProps {
  readonly project: string
  readonly selection: Selection
  readonly loaded: readonly { readonly id: string }[]
}

export function SelectionBar({ project, selection, loaded }: SelectionBarProps) {
  const { t } = useTranslation('images')
  const toast = useToast()
  const client = useQueryClient()
  const [dialog, setDialog] = useState<'edit' | 'delete' | 'prelabel' | null>(null)
  const { data: whole } = useProject(project)
  const ids = [...selection.ids]
  if (ids.length === 0) return null
  const done = (told: string) => () => {
    setDialog(null)
    selection.clear()
    toast.done(told)
    void client.invalidateQueries({ queryKey: keys.images(project) })
    void client.invalidateQueries({ queryKey: keys.project(project) })
  }
  return (
    <div className="selection-bar" role="toolbar" aria-label={t('selection')}>
      <IconButton size="sm" label={t('selection.clear')} onClick={selection.clear}>
        <X size={16} aria-hidden />
      </IconButton>
      <strong className="num">{t('selected', { count: ids.length })}</strong>
      <Button size="sm" variant="ghost" onClick={() => selection.selectAll(loaded.map((image) => image.id))}>
        {t('selection.all', { count: loaded.length })}
      </Button>
      <span className="grow" />
      <Button size="sm" icon={<Wand2 size={14} aria-hidden />} onClick={() => setDialog('prelabel')}>
        {t('models:prelabel')}
      </Button>
      <Button size="sm" icon={<Pencil size={14} aria-hidden />} onClick={() => setDialog('edit')}>
        {t('selection.edit')}
      </Button>
      <Button
        size="sm"
        variant="danger-ghost"
        icon={<Trash2 size={14} aria-hidden />}
        onClick={() => setDialog('delete')}
      >
        {t('selection.delete')}
      </Button>
      {dialog === 'prelabel' && (
        <PrelabelDialog project={whole} selection={ids} onClose={() => setDialog(null)} />
      )}
      {dialog === 'edit' && (
        <EditDialog
          ids={ids}
          onClose={() => setDialog(null)}
          onDone={done(t('edit.done', { count: ids.length }))}
        />
      )}
      {dialog === 'delete' && (
        <DeleteDialog
          ids={ids}
          onClose={() => setDialog(null)}
          onDone={done(t('delete.done', { count: ids.length }))}
        />
      )}
    </div>
  )
}
