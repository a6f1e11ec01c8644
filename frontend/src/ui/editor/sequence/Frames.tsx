/** The frames as thumbnails, only those in view; the open one is kept in the middle. */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { API } from '@/sync/client'
import type { SequenceFrame } from '@/sync/sequenceApi'
import { statusColour } from '@/ui/kit/Bits'

import type { Marks } from './Filmstrip'

const WIDTH = 84
const GAP = 4

interface FramesProps {
  readonly frames: readonly SequenceFrame[]
  readonly marks: Marks
  readonly position: number
  readonly onFrame: (position: number) => void
}

export function Frames({ frames, marks, position, onFrame }: FramesProps) {
  const { t } = useTranslation('sequence')
  const { t: common } = useTranslation('common')
  const box = useRef<HTMLDivElement>(null)
  const columns = useVirtualizer({
    count: frames.length,
    horizontal: true,
    getScrollElement: () => box.current,
    estimateSize: () => WIDTH + GAP,
    initialOffset: () => Math.max(0, position * (WIDTH + GAP) - window.innerWidth / 3),
    overscan: 4,
  })
  useEffect(() => columns.scrollToIndex(position, { align: 'center' }), [columns, position])
  return (
    <div
      className="filmstrip-frames"
      ref={box}
      role="listbox"
      aria-label={t('strip')}
      aria-orientation="horizontal"
    >
      <div style={{ width: columns.getTotalSize(), height: '100%', position: 'relative' }}>
        {columns.getVirtualItems().map((column) => {
          const frame = frames[column.index]!
          const mark = marks.keyframes.has(column.index)
            ? 'keyframe'
            : marks.filled.has(column.index)
              ? 'filled'
              : undefined
          const label = `${t('frame', { frame: column.index + 1 })}, ${common(`status.${frame.status}`)}, ${t('objects', { count: frame.object_count })}`
          return (
            <button
              type="button"
              key={frame.id}
              role="option"
              className="filmstrip-frame"
              aria-selected={column.index === position}
              aria-label={label}
              title={frame.name}
              data-mark={mark}
              style={{ width: WIDTH, transform: `translateX(${column.start}px)` }}
              onClick={() => onFrame(column.index)}
            >
              <img src={`${API}/images/${frame.id}/thumbnail`} alt="" decoding="async" draggable={false} />
              <span className="filmstrip-number num">{frame.frame ?? column.index + 1}</span>
              <span className="filmstrip-status" style={{ background: statusColour(frame.status) }} />
              {frame.object_count > 0 && <span className="filmstrip-count num">{frame.object_count}</span>}
              {mark && <span className="filmstrip-mark" />}
            </button>
          )
        })}
      </div>
    </div>
  )
}
