/** A project's name, description and overlap rule, and its end. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate, useParams } from 'react-router'

import { deleteProject, patchProject, type Project } from '@/sync/api'
import { can, keys, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { Button } from '@/ui/kit/Button'
import { ConfirmDialog } from '@/ui/kit/Dialog'
import { SwitchField, TextAreaField, TextField } from '@/ui/kit/Field'
import { fieldError, ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'
import { TabPage } from '@/ui/project/TabPage'

function GeneralCard({ project }: { readonly project: Project }) {
  const { t } = useTranslation('settings')
  const client = useQueryClient()
  const toast = useToast()
  const [name, setName] = useState(project.name)
  const [description, setDescription] = useState(project.description)
  const [exclusive, setExclusive] = useState(project.exclusive)
  const changed =
    name.trim() !== project.name ||
    description.trim() !== project.description ||
    exclusive !== project.exclusive
  const save = useMutation({
    mutationFn: () =>
      patchProject(project.id, {
        name: name.trim(),
        description: description.trim(),
        ...(exclusive === project.exclusive ? {} : { exclusive }),
      }),
    onSuccess: (next) => {
      client.setQueryData(keys.project(project.id), next)
      void client.invalidateQueries({ queryKey: keys.projects })
      toast.done(t('saved'))
    },
  })
  return (
    <form
      className="card card-pad stack"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <h3>{t('general')}</h3>
      <TextField
        label={t('name')}
        maxLength={200}
        value={name}
        error={name.trim() === '' ? t('nameMissing') : fieldError(save.error, 'name')}
        onValue={setName}
      />
      <TextAreaField
        label={t('description')}
        optional
        rows={3}
        value={description}
        onValue={setDescription}
      />
      <SwitchField
        label={t('projects:exclusive')}
        hint={t('projects:exclusive.hint')}
        checked={exclusive}
        onValue={setExclusive}
      />
      {save.error && <ProblemNotice error={save.error} />}
      <div>
        <Button
          type="submit"
          variant="primary"
          busy={save.isPending}
          disabled={!changed || name.trim() === ''}
        >
          {t('common:save')}
        </Button>
      </div>
    </form>
  )
}

function DangerCard({ project }: { readonly project: Project }) {
  const { t } = useTranslation('settings')
  const client = useQueryClient()
  const navigate = useNavigate()
  const toast = useToast()
  const [asking, setAsking] = useState(false)
  const remove = useMutation({
    mutationFn: () => deleteProject(project.id),
    onSuccess: async () => {
      toast.done(t('deleted', { name: project.name }))
      await navigate('/')
      client.removeQueries({ queryKey: keys.project(project.id) })
      void client.invalidateQueries({ queryKey: keys.projects })
    },
  })
  return (
    <section className="card card-pad stack danger-card">
      <div className="spread">
        <div>
          <h3>{t('delete')}</h3>
          <p className="muted small">{t('delete.text')}</p>
        </div>
        <Button variant="danger" onClick={() => setAsking(true)}>
          {t('delete.open')}
        </Button>
      </div>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('delete.title', { name: project.name })}
        text={t('delete.warning', { images: project.counts.images, objects: project.counts.objects })}
        action={t('delete.action')}
        typed={project.name}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
      />
    </section>
  )
}

export function SettingsPage() {
  const { t } = useTranslation('settings')
  const { projectId = '' } = useParams()
  const { data: project } = useProject(projectId)
  useTitle(t('title'), project.name)
  return (
    <TabPage narrow title={t('title')}>
      <div className="stack">
        {can(project, 'manager') && <GeneralCard project={project} />}
        {can(project, 'owner') && <DangerCard project={project} />}
      </div>
    </TabPage>
  )
}
