/** Who works on a project, in which role; invitations by e-mail address with a link to hand over. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserMinus, UserPlus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useParams } from 'react-router'

import {
  addMember,
  deleteMember,
  listMembers,
  patchMember,
  personName,
  ROLES,
  type Member,
  type Project,
  type Role,
} from '@/sync/api'
import { can, keys, useMe, useProject } from '@/ui/app/queries'
import { useTitle } from '@/ui/app/useTitle'
import { Avatar, Badge, CopyField, Skeleton } from '@/ui/kit/Bits'
import { Button, IconButton } from '@/ui/kit/Button'
import { ConfirmDialog, Dialog } from '@/ui/kit/Dialog'
import { Field, Select, TextField } from '@/ui/kit/Field'
import { fieldError, ProblemNotice } from '@/ui/kit/Problem'
import { useToast } from '@/ui/kit/Toast'
import { TabPage } from '@/ui/project/TabPage'

/** The roles that someone may give: an owner all, a manager those below. */
function givable(project: Project): readonly Role[] {
  const roles =
    project.role === 'owner' ? ROLES : ROLES.filter((role) => role !== 'owner' && role !== 'manager')
  return [...roles].reverse()
}

function useRoleChoices(roles: readonly Role[]) {
  const { t } = useTranslation()
  return roles.map((role) => ({ value: role, label: t(`role.${role}`), hint: t(`role.${role}.hint`) }))
}

interface InviteProps {
  readonly project: Project
  readonly onClose: () => void
}

function InviteDialog({ project, onClose }: InviteProps) {
  const { t } = useTranslation('members')
  const client = useQueryClient()
  const toast = useToast()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('annotator')
  const choices = useRoleChoices(givable(project))
  const invite = useMutation({
    mutationFn: () => addMember(project.id, { email: email.trim(), role }),
    onSuccess: (member) => {
      void client.invalidateQueries({ queryKey: keys.members(project.id) })
      if (member.invite_url) return
      toast.done(t('added', { name: personName(member.user) }))
      onClose()
    },
  })
  const link = invite.data?.invite_url
  if (link) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={t('link.title')}
        description={t('link.text', { email })}
        footer={
          <Button variant="primary" onClick={onClose}>
            {t('common:done')}
          </Button>
        }
      >
        <CopyField label={t('link.label')} value={new URL(link, window.location.origin).href} />
      </Dialog>
    )
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('invite.title')}
      description={t('invite.text')}
      onSubmit={() => invite.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" variant="primary" busy={invite.isPending} disabled={!email.includes('@')}>
            {t('invite.action')}
          </Button>
        </>
      }
    >
      <TextField
        label={t('email')}
        type="email"
        autoFocus
        value={email}
        placeholder="ana@example.org"
        error={fieldError(invite.error, 'email')}
        onValue={setEmail}
      />
      <Field label={t('role')}>
        {({ id }) => <Select id={id} label={t('role')} value={role} choices={choices} onValue={setRole} />}
      </Field>
      {invite.error && <ProblemNotice error={invite.error} />}
    </Dialog>
  )
}

interface MemberRowProps {
  readonly project: Project
  readonly member: Member
  readonly onRemove: () => void
}

function MemberRow({ project, member, onRemove }: MemberRowProps) {
  const { t } = useTranslation('members')
  const me = useMe()
  const client = useQueryClient()
  const toast = useToast()
  const roles = givable(project)
  const choices = useRoleChoices(roles)
  const isMe = me.data?.user.id === member.user.id
  const mayChange = can(project, 'manager') && roles.includes(member.role)
  const change = useMutation({
    mutationFn: (role: Role) => patchMember(member.id, role),
    onSuccess: () => toast.done(t('changed')),
    onError: toast.failed,
    onSettled: () => {
      void client.invalidateQueries({ queryKey: keys.members(project.id) })
      if (isMe) void client.invalidateQueries({ queryKey: keys.project(project.id) })
    },
  })
  const name = personName(member.user)
  return (
    <tr data-testid="member-row">
      <td>
        <div className="row">
          <Avatar name={name} large />
          <div className="grow">
            <div className="row">
              <strong className="truncate">{name}</strong>
              {isMe && <Badge>{t('you')}</Badge>}
            </div>
            <div className="small muted truncate">{member.user.email}</div>
          </div>
        </div>
      </td>
      <td>
        {mayChange ? (
          <Select
            label={t('roleOf', { name })}
            value={change.isPending ? change.variables : member.role}
            choices={choices}
            onValue={(role) => role !== member.role && change.mutate(role)}
          />
        ) : (
          t(`common:role.${member.role}`)
        )}
      </td>
      <td className="right">
        {mayChange && (
          <IconButton label={t('remove', { name })} onClick={onRemove}>
            <UserMinus size={18} aria-hidden />
          </IconButton>
        )}
      </td>
    </tr>
  )
}

interface RemoveProps {
  readonly project: Project
  readonly member: Member
  readonly onClose: () => void
}

function RemoveDialog({ project, member, onClose }: RemoveProps) {
  const { t } = useTranslation('members')
  const client = useQueryClient()
  const name = personName(member.user)
  const remove = useMutation({
    mutationFn: () => deleteMember(member.id),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.members(project.id) })
      onClose()
    },
  })
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('remove', { name })}
      text={t('remove.text')}
      action={t('remove.action')}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
    />
  )
}

export function MembersPage() {
  const { t } = useTranslation('members')
  const { projectId = '' } = useParams()
  const { data: project } = useProject(projectId)
  const members = useQuery({ queryKey: keys.members(projectId), queryFn: () => listMembers(projectId) })
  const [inviting, setInviting] = useState(false)
  const [removing, setRemoving] = useState<Member | null>(null)
  useTitle(t('title'), project.name)
  const invite = can(project, 'manager') && (
    <Button variant="primary" icon={<UserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
      {t('invite')}
    </Button>
  )
  return (
    <TabPage narrow title={t('title')} text={t('text')} actions={invite}>
      {members.error && <ProblemNotice error={members.error} onRetry={() => void members.refetch()} />}
      {members.isPending && <Skeleton style={{ height: 180, borderRadius: 12 }} />}
      {members.data && (
        <div className="card">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('person')}</th>
                <th scope="col" style={{ width: 190 }}>
                  {t('role')}
                </th>
                <th scope="col" style={{ width: 60 }}>
                  <span className="visually-hidden">{t('actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {members.data.map((member) => (
                <MemberRow
                  key={member.id}
                  project={project}
                  member={member}
                  onRemove={() => setRemoving(member)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {inviting && <InviteDialog project={project} onClose={() => setInviting(false)} />}
      {removing && <RemoveDialog project={project} member={removing} onClose={() => setRemoving(null)} />}
    </TabPage>
  )
}
