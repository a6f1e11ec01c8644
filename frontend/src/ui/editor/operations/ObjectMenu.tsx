/**
 * The menu on an object (right click, or the menu key): what can be done with the selection; beside objects, what can be
 * done with the gap there. Opens on the drawing area and on the rows of the object list; never while something is drawn.
 */
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { screenPoint } from '@/core/points'
import { screenToImage } from '@/core/viewport'
import { hitObject } from '@/tools/context'
import {
  ContextItem,
  ContextLine,
  ContextMenu,
  type ContextMenuHandle,
  ContextSub,
} from '@/ui/kit/ContextMenu'

import type { CommandContext } from '../commands/command'
import type { EditorSession } from '../session'
import { OPERATION_ICONS } from './icons'
import { useCommands } from './useCommands'

const TOGETHER = ['union', 'subtract', 'intersect', 'join']
const SHAPE = ['fillHoles', 'removeSpecks', 'grow', 'shrink', 'smooth', 'simplify', 'separate']
const OVERLAP = ['paintUnder', 'paintOver']
const TURN = ['toMask', 'toPolygon']
const GAPS = ['fillRegion', 'fillRest', 'nextUnlabelled']

export function ObjectMenu({ context }: { readonly context: CommandContext }) {
  const { t } = useTranslation('operations')
  const { session } = context
  const menu = useRef<ContextMenuHandle>(null)
  const [selected, setSelected] = useState(0)
  useEffect(() => {
    const open = (event: MouseEvent) => {
      const { target } = event
      if (!(target instanceof HTMLElement) || target.dataset.menuAnchor !== undefined) return
      const where = chosen(session, event, target)
      if (where === null) return
      event.preventDefault()
      if (session.tools.working) return
      setSelected(session.state.get().selection.size)
      menu.current?.openAt(where.x, where.y)
    }
    window.addEventListener('contextmenu', open)
    return () => window.removeEventListener('contextmenu', open)
  }, [session])
  return (
    <ContextMenu
      handle={menu}
      label={t('menu')}
      onClosed={() => document.querySelector<HTMLElement>('.editor-canvas')?.focus({ preventScroll: true })}
    >
      {selected > 0 ? (
        <OnObjects context={context} several={selected > 1} />
      ) : (
        <Items ids={GAPS} context={context} />
      )}
    </ContextMenu>
  )
}

interface OnObjectsProps {
  readonly context: CommandContext
  readonly several: boolean
}

function OnObjects({ context, several }: OnObjectsProps) {
  const { t } = useTranslation('operations')
  return (
    <>
      {several && (
        <>
          <Items ids={TOGETHER} context={context} />
          <ContextLine />
        </>
      )}
      <ContextSub label={t('shape')}>
        <Items ids={SHAPE} context={context} />
      </ContextSub>
      <ContextSub label={t('overlap')}>
        <Items ids={OVERLAP} context={context} />
      </ContextSub>
      <Items ids={TURN} context={context} />
      <ContextLine />
      <Items ids={['toFront', 'toBack']} context={context} />
      <ContextLine />
      <Items ids={['duplicate', 'hideSelection', 'lockSelection', 'deleteSelection']} context={context} />
    </>
  )
}

interface ItemsProps {
  readonly ids: readonly string[]
  readonly context: CommandContext
}

function Items({ ids, context }: ItemsProps) {
  const command = useCommands(context)
  return ids.map((id) => {
    const { name, keys, enabled, run } = command(id)
    const Icon = OPERATION_ICONS[id]
    return (
      <ContextItem
        key={id}
        icon={Icon && <Icon size={16} aria-hidden />}
        keys={keys}
        disabled={!enabled}
        onSelect={run}
      >
        {name}
      </ContextItem>
    )
  })
}

/** Selects what the event is on, and says where the menu belongs; null: elsewhere on the page. */
function chosen(
  session: EditorSession,
  event: MouseEvent,
  target: HTMLElement,
): { readonly x: number; readonly y: number } | null {
  const row = target.closest<HTMLElement>('.object-row')
  const canvas = target.closest<HTMLElement>('.editor-canvas')
  if (row?.dataset.id !== undefined) {
    add(session, row.dataset.id)
    return { x: event.clientX, y: event.clientY }
  }
  if (!canvas) return null
  const box = canvas.getBoundingClientRect()
  if (event.button !== 2) return { x: box.left + box.width / 2, y: box.top + box.height / 2 } // the menu key
  const at = screenToImage(
    session.view.get().viewport,
    screenPoint(event.clientX - box.left, event.clientY - box.top),
  )
  const hit = session.tools.working ? null : hitObject(session.tooling, at)
  if (hit) add(session, hit.id)
  else if (!session.tools.working) session.state.set({ selection: new Set(), vertices: [] })
  return { x: event.clientX, y: event.clientY }
}

/** An object that is selected already keeps the others selected with it. */
function add(session: EditorSession, id: string): void {
  if (session.state.get().selection.has(id)) return
  session.state.set({ selection: new Set([id]), vertices: [] })
  session.tools.refresh()
}
