/** The frame under the pointer while scrubbing or playing, over the canvas: small at once, sharp as soon as it is there. */
import { createPortal } from 'react-dom'

import { API } from '@/sync/client'
import type { SequenceFrame } from '@/sync/sequenceApi'

import type { EditorSession } from '../session'
import { usePart } from '../use'

interface ScrubOverlayProps {
  readonly frame: SequenceFrame | undefined
  readonly session: EditorSession
}

export function ScrubOverlay({ frame, session }: ScrubOverlayProps) {
  const { scale, offsetX, offsetY } = usePart(session.view, (view) => view.viewport)
  const stage = document.querySelector('.stage-canvas')
  if (!frame || !stage) return null
  const place = { left: offsetX, top: offsetY, width: frame.width * scale, height: frame.height * scale }
  return createPortal(
    <div className="scrub-overlay" data-testid="scrub-overlay" data-frame={frame.id}>
      <img src={`${API}/images/${frame.id}/thumbnail`} alt="" style={place} draggable={false} />
      <img key={frame.id} src={`${API}/images/${frame.id}/file`} alt="" style={place} draggable={false} />
    </div>,
    stage,
  )
}
