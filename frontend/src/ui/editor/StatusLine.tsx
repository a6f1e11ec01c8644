/** The line at the foot of the canvas: where the pointer is, how large the image is, and the hint of the moment. */
import { CircleAlert, Info } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { CommandContext } from './commands/command'
import { UnlabelledCounter } from './operations/UnlabelledCounter'
import type { EditorSession } from './session'
import { useObservable, usePart } from './use'

export function StatusLine({ context }: { readonly context: CommandContext }) {
  const { session } = context
  const { pointer, viewport } = useObservable(session.view)
  const { imageWidth, imageHeight } = viewport
  const inside =
    pointer && pointer.x >= 0 && pointer.y >= 0 && pointer.x < imageWidth && pointer.y < imageHeight
  return (
    <div className="status-line num">
      <span>
        {imageWidth} × {imageHeight}
      </span>
      {inside && (
        <span>
          {Math.floor(pointer.x)}, {Math.floor(pointer.y)}
        </span>
      )}
      <UnlabelledCounter context={context} />
    </div>
  )
}

export function HintPill({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const hint = usePart(session.view, (view) => view.hint)
  return (
    <div className="hint-place" role="status" aria-live="polite">
      {hint && (
        <div className="hint" data-tone={hint.tone}>
          {hint.tone === 'warning' ? <CircleAlert size={16} aria-hidden /> : <Info size={16} aria-hidden />}
          {t(hint.key)}
        </div>
      )}
    </div>
  )
}
