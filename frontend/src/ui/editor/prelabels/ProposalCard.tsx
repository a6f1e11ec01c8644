/**
 * The small card beside a proposal on the canvas: class, score, accept, adjust, reject. It belongs to the one in hand,
 * else to the one under the pointer, and waits a moment so that the pointer can come to it.
 */
import { Check, PencilLine, Waves, X } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import { VOID } from '@/core/document'
import { imagePoint } from '@/core/points'
import type { Proposal } from '@/core/prelabels'
import { bboxOf } from '@/core/shapes'
import { imageToScreen } from '@/core/viewport'
import { colourOf } from '@/render/shapes'
import { IconButton } from '@/ui/kit/Button'
import { Select } from '@/ui/kit/Field'

import { ClassSwatch } from '../ClassSwatch'
import type { EditorSession } from '../session'
import { useObservable, usePart, useShownColours } from '../use'

/** How long the card stays when the pointer has left the proposal. */
const LINGER_MS = 350
/** Between the card and its object, and the stage's border, CSS pixels. */
const GAP = 8

export function ProposalCard({ session }: { readonly session: EditorSession }) {
  const { hover, chosen, shown } = useObservable(session.review.state)
  const [inside, setInside] = useState(false)
  const lingering = useLingering(hover, inside)
  const tool = usePart(session.state, (state) => state.tool)
  // With a drawing tool it would be in the way of what is drawn.
  const id = shown && tool === 'select' ? (chosen ?? lingering) : null
  const proposal = id === null ? undefined : session.review.get(id)
  if (id === null || !proposal || !session.review.isOpen(id)) return null
  return <Card key={id} session={session} proposal={proposal} onInside={setInside} pinned={chosen === id} />
}

/** The hovered id, or the last one while the pointer is on its way to the card or in it. */
function useLingering(hover: string | null, inside: boolean): string | null {
  const [last, setLast] = useState(hover)
  if (hover !== null && hover !== last && !inside) setLast(hover)
  useEffect(() => {
    if (hover !== null || inside) return undefined
    const timer = setTimeout(() => setLast(null), LINGER_MS)
    return () => clearTimeout(timer)
  }, [hover, inside])
  return last
}

interface CardProps {
  readonly session: EditorSession
  readonly proposal: Proposal
  readonly pinned: boolean
  readonly onInside: (inside: boolean) => void
}

function Card({ session, proposal, pinned, onInside }: CardProps) {
  const { t } = useTranslation('prelabels')
  const { t: word } = useTranslation('editor')
  const card = useRef<HTMLDivElement>(null)
  const { record, score, uncertainty } = proposal
  const { review } = session
  const readOnly = usePart(session.state, (state) => state.readOnly)
  const classes = usePart(session.state, (state) => state.classes)
  const colours = useShownColours(session)
  useLayoutEffect(() => followView(card.current!, session, proposal), [session, proposal])
  useEffect(() => () => onInside(false), [onInside])
  const choices = [...classes, { index: VOID, name: word('void') }]
  if (!choices.some((item) => item.index === record.classIndex))
    choices.push({ index: record.classIndex, name: word('unknownClass', { index: record.classIndex }) })
  return (
    <div
      ref={card}
      className="proposal-card"
      role="group"
      aria-label={t('card')}
      data-testid="proposal-card"
      data-pinned={pinned}
      onPointerEnter={() => onInside(true)}
      onPointerLeave={() => onInside(false)}
    >
      <Select
        size="sm"
        label={t('class')}
        disabled={readOnly}
        value={String(record.classIndex)}
        choices={choices.map(({ index, name }) => ({
          value: String(index),
          label: name,
          mark: (
            <ClassSwatch
              index={index}
              colour={colourOf(colours, { id: record.id, classIndex: index })}
              size={12}
            />
          ),
        }))}
        onValue={(index) => {
          review.choose(record.id)
          review.setClass(record.id, Number(index))
        }}
      />
      <span className="proposal-score num">
        <strong>{Math.round(score * 100)} %</strong>
        {uncertainty !== null && (
          <span className="uncertainty muted" title={t('uncertainty')}>
            <Waves size={11} aria-hidden />
            {Math.round(uncertainty * 100)}
          </span>
        )}
      </span>
      {!readOnly && (
        <span className="row proposal-actions">
          <IconButton size="sm" label={t('key.adjust')} onClick={() => review.adjust(record.id)}>
            <PencilLine size={15} aria-hidden />
          </IconButton>
          <IconButton
            size="sm"
            variant="danger-ghost"
            label={t('key.reject')}
            onClick={() => review.reject([record.id])}
          >
            <X size={16} aria-hidden />
          </IconButton>
          <IconButton
            size="sm"
            variant="primary"
            label={t('key.accept')}
            onClick={() => review.accept([record.id])}
          >
            <Check size={16} aria-hidden />
          </IconButton>
        </span>
      )}
    </div>
  )
}

/** The lower edge of the tool's options, which lie over the top of the stage; in pixels of the card's parent. */
function optionsEnd(card: HTMLElement): number {
  const options = document.querySelector('.tool-options')?.getBoundingClientRect()
  const stage = card.offsetParent?.getBoundingClientRect()
  return options && stage ? Math.max(0, options.bottom - stage.top) : 0
}

/** Keeps the card above its object, or below where there is no room, and within the stage. */
function followView(card: HTMLElement, session: EditorSession, { record }: Proposal): () => void {
  const box = bboxOf(record)
  const size = { width: card.offsetWidth, height: card.offsetHeight }
  const least = optionsEnd(card) + GAP
  let seen: unknown = null
  const place = () => {
    const view = session.view.get().viewport
    if (view === seen) return
    seen = view
    const from = imageToScreen(view, imagePoint(box.x0, box.y0))
    const to = imageToScreen(view, imagePoint(box.x1, box.y1))
    const above = from.y - GAP - size.height
    const wanted = above >= least ? above : to.y + GAP
    const clamp = (value: number, first: number, last: number) =>
      Math.min(Math.max(first, value), Math.max(first, last))
    const x = clamp((from.x + to.x - size.width) / 2, GAP, view.width - size.width - GAP)
    const below = view.height - size.height - GAP
    // An object that fills the stage leaves no room on either side: the card lies on it, at its top.
    const y = wanted > below ? least : clamp(wanted, least, below)
    card.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`
  }
  place()
  return session.view.subscribe(place)
}
