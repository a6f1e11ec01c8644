/** Creating a project: its name, what is to be segmented, and the palette. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { RadioGroup } from 'radix-ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'

import { createProject, type TaskType } from '@/sync/api'
import { keys } from '@/ui/app/queries'
import { Button } from '@/ui/kit/Button'
import { Dialog } from '@/ui/kit/Dialog'
import { SwitchField, TextAreaField, TextField } from '@/ui/kit/Field'
import { fieldError, ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'
import { findFlaws, inputOf, type DraftClass } from '@/ui/palette/model'
import { PaletteEditor } from '@/ui/palette/PaletteEditor'

import { TaskDrawing } from './TaskDrawing'

const TASKS: readonly TaskType[] = ['instance', 'semantic', 'panoptic']

interface TaskPickerProps {
  readonly value: TaskType
  readonly onValue: (value: TaskType) => void
}
function TaskPicker({ value, onValue }: TaskPickerProps) {
  const { t } = useTranslation('projects')
  return (
    <div className="field">
      <span className="field-label" id="task-label">
        {t('task')}
      </span>
      <RadioGroup.Root
        className="task-picker"
        aria-labelledby="task-label"
        value={value}
        onValueChange={(next) => onValue(next as TaskType)}
      >
        {TASKS.map((task) => (
          <RadioGroup.Item key={task} value={task} className="choice-card" aria-label={t(`task.${task}`)}>
            <TaskDrawing task={task} />
            <strong>{t(`task.${task}`)}</strong>
            <span className="small muted">{t(`task.${task}.hint`)}</span>
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
    </div>
  )
}

export function NewProjectDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation('projects')
  const navigate = useNavigate()
  const client = useQueryClient()
  const toast = useToast()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [task, setTask] = useState<TaskType>('instance')
  const [exclusive, setExclusive] = useState<boolean | null>(null)
  const [drafts, setDrafts] = useState<readonly DraftClass[]>([])
  const [tried, setTried] = useState(false)
  // Semantic and panoptic label maps give a pixel to one object; instances may overlap. A choice of one's own stays.
  const noOverlap = exclusive ?? task !== 'instance'
  const missing = tried && name.trim() === '' ? t('nameMissing') : null
  const create = useMutation({
    mutationFn: () =>
      createProject({
        name: name.trim(),
        description: description.trim(),
        task_type: task,
        exclusive: noOverlap,
        classes: drafts.map(inputOf),
      }),
    onSuccess: (project) => {
      client.setQueryData(keys.project(project.id), project)
      void client.invalidateQueries({ queryKey: keys.projects })
      toast.done(t('created', { name: project.name }))
      void navigate(`/projects/${project.id}`)
    },
  })
  const submit = () => {
    setTried(true)
    if (name.trim() !== '' && findFlaws(drafts).size === 0) create.mutate()
  }
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={t('new')}
      description={t('newText')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button
            type="submit"
            variant="primary"
            busy={create.isPending}
            disabled={findFlaws(drafts).size > 0}
          >
            {t('create')}
          </Button>
        </>
      }
    >
      <TextField
        label={t('name')}
        autoFocus
        maxLength={200}
        value={name}
        placeholder={t('namePlaceholder')}
        error={missing ?? fieldError(create.error, 'name')}
        onValue={setName}
      />
      <TextAreaField
        label={t('description')}
        optional
        rows={2}
        value={description}
        placeholder={t('descriptionPlaceholder')}
        onValue={setDescription}
      />
      <TaskPicker value={task} onValue={setTask} />
      <SwitchField
        label={t('exclusive')}
        hint={t('exclusive.hint')}
        checked={noOverlap}
        onValue={setExclusive}
      />
      <div className="field">
        <span className="field-label">{t('classes')}</span>
        <p className="field-hint">{t('classes.hint')}</p>
        <PaletteEditor drafts={drafts} onChange={setDrafts} />
      </div>
      {create.error && <ProblemNotice error={create.error} />}
    </Dialog>
  )
}
