/** Zoom: out, the present factor with the usual ones behind it, in. */
import { Minus, Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { IconButton } from '@/ui/kit/Button'
import { Menu, MenuItem } from '@/ui/kit/Menu'

import type { EditorSession } from './session'
import { usePart } from './use'

export function ZoomMenu({ session }: { readonly session: EditorSession }) {
  const { t } = useTranslation('editor')
  const scale = usePart(session.view, (view) => view.viewport.scale)
  const { tools } = session
  return (
    <div className="row bar-group">
      <IconButton label={`${t('zoomOut')} (−)`} onClick={() => tools.zoomBy(0.8)}>
        <Minus size={18} aria-hidden />
      </IconButton>
      <Menu
        align="start"
        trigger={
          <button
            type="button"
            className="btn btn-ghost btn-sm zoom-value num"
            aria-label={`${t('zoom')}: ${String(Math.round(scale * 100))} %`}
          >
            {Math.round(scale * 100)} %
          </button>
        }
      >
        <MenuItem onSelect={() => tools.zoomFit()}>
          <span className="grow">{t('zoomFit')}</span> <kbd>Shift 1</kbd>
        </MenuItem>
        <MenuItem onSelect={() => tools.zoomActual()}>
          <span className="grow">{t('zoomActual')}</span> <kbd>Shift 0</kbd>
        </MenuItem>
        <MenuItem onSelect={() => tools.zoomToSelection()}>
          <span className="grow">{t('zoomSelection')}</span> <kbd>Shift 2</kbd>
        </MenuItem>
      </Menu>
      <IconButton label={`${t('zoomIn')} (+)`} onClick={() => tools.zoomBy(1.25)}>
        <Plus size={18} aria-hidden />
      </IconButton>
    </div>
  )
}
