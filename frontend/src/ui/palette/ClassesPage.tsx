/** The palette of a living project: edits are collected and saved together; a class in use goes only with a target. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'

import {
  createClass,
  deleteClass,
  getProject,
  patchClass,
  patchProject,
  type LabelClass,
  type Project,
} from '@/sync/api'
import { can, keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { Swatch } from '@/ui/kit/Bits'
import { Button } from '@/ui/kit/Button'
import { ConfirmDialog } from '@/ui/kit/Dialog'
import { Field, Select } from '@/ui/kit/Field'
import { ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'
import { TabPage } from '@/ui/project/TabPage'

import { changesOf, draftOf, findFlaws, inputOf, isChanged, type DraftClass } from './model'
import { PaletteEditor } from './PaletteEditor'

/** Sends the changes in an order in which no two classes ever share a name, colour or hotkey. */
async function saveClasses(project: Project, drafts: readonly DraftClass[]): Promise<void> {
  const changes = changesOf(project.classes, drafts)
  for (const { id, input } of changes.changed) {
    if (input.hotkey !== undefined && input.hotkey !== '') await patchClass(id, { hotkey: '' })
  }
  for (const { id, input } of changes.changed) await patchClass(id, input)
  const made = new Map<string, LabelClass>()
  for (const draft of changes.created) made.set(draft.key, await createClass(project.id, inputOf(draft)))
  if (changes.reordered) {
    const order = drafts.map((draft) => draft.id ?? made.get(draft.key)?.id ?? '')
    await patchProject(project.id, { class_order: order })
  }
}

interface DeleteClassProps {
  readonly project: Project
  readonly draft: DraftClass
  readonly onClose: () => void
  readonly onDeleted: () => void
}

function DeleteClassDialog({ project, draft, onClose, onDeleted }: DeleteClassProps) {
  const { t } = useTranslation('palette')
  const others = project.classes.filter((label) => label.id !== draft.id)
  const [target, setTarget] = useState(others[0]?.id ?? '')
  const inUse = draft.objectCount > 0
  const remove = useMutation({
    mutationFn: () => deleteClass(draft.id ?? '', inUse ? target : null),
    onSuccess: onDeleted,
  })
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('delete.title', { name: draft.name })}
      text={inUse ? t('delete.inUse', { count: draft.objectCount }) : t('delete.unused')}
      action={t('delete.action')}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
    >
      {inUse && (
        <Field label={t('delete.target')}>
          {({ id }) => (
            <Select
              id={id}
              label={t('delete.target')}
              value={target}
              choices={others.map((label) => ({
                value: label.id,
                label: label.name,
                mark: <Swatch colour={label.colour} />,
              }))}
              onValue={setTarget}
            />
          )}
        </Field>
      )}
    </ConfirmDialog>
  )
}

interface ClassesFormProps {
  readonly project: Project
  /** Fetches the project anew; `restart` also drops the drafts. */
  readonly onRefresh: (restart: boolean) => Promise<Project>
}

/** After a save that broke off: new classes that the server has by now are not made again. */
function adopt(drafts: readonly DraftClass[], project: Project): DraftClass[] {
  return drafts.map((draft) => {
    const made = draft.id === null && project.classes.find((label) => label.name === draft.name.trim())
    return made ? { ...draft, id: made.id } : draft
  })
}

function ClassesForm({ project, onRefresh }: ClassesFormProps) {
  const { t } = useTranslation('palette')
  const toast = useToast()
  const [drafts, setDrafts] = useState<readonly DraftClass[]>(() => project.classes.map(draftOf))
  const [removing, setRemoving] = useState<DraftClass | null>(null)
  const mayEdit = can(project, 'manager')
  const changed = isChanged(changesOf(project.classes, drafts))
  const save = useMutation({
    mutationFn: () => saveClasses(project, drafts),
    onSuccess: () => toast.done(t('saved')),
    onSettled: async (_data, error) => {
      const fresh = await onRefresh(error === null)
      if (error) setDrafts((all) => adopt(all, fresh))
    },
  })
  return (
    <>
      <PaletteEditor
        drafts={drafts}
        onChange={setDrafts}
        onRemove={setRemoving}
        disabled={!mayEdit}
        showCount
      />
      {save.error && <ProblemNotice error={save.error} />}
      {changed && (
        <div className="save-bar" role="region" aria-label={t('unsaved')}>
          <strong>{t('unsaved')}</strong>
          <div className="row">
            <Button variant="ghost" onClick={() => setDrafts(project.classes.map(draftOf))}>
              {t('discard')}
            </Button>
            <Button
              variant="primary"
              busy={save.isPending}
              disabled={findFlaws(drafts).size > 0}
              onClick={() => save.mutate()}
            >
              {t('save')}
            </Button>
          </div>
        </div>
      )}
      {removing && (
        <DeleteClassDialog
          project={project}
          draft={removing}
          onClose={() => setRemoving(null)}
          onDeleted={() => {
            setRemoving(null)
            setDrafts((all) => all.filter((other) => other.key !== removing.key))
            toast.done(t('deleted', { name: removing.name }))
            void onRefresh(false)
          }}
        />
      )}
    </>
  )
}

export function ClassesPage() {
  const { t } = useTranslation('palette')
  const { projectId = '' } = useParams()
  const client = useQueryClient()
  const { data: project } = useProject(projectId)
  const [round, setRound] = useState(0)
  useTitle(t('title'), project.name)
  const refresh = async (restart: boolean) => {
    const queryFn = () => getProject(projectId)
    const fresh = await client.query({ queryKey: keys.project(projectId), queryFn, staleTime: 0 })
    if (restart) setRound((before) => before + 1)
    return fresh
  }
  return (
    <TabPage narrow title={t('title')} text={t('intro')}>
      <ClassesForm key={round} project={project} onRefresh={refresh} />
    </TabPage>
  )
}
