/** Small drawings that tell the task types apart: two cells and a ground, labelled by class, by object, or both. */
import type { TaskType } from '@/sync/api'

const COLOURS: Readonly<Record<TaskType, readonly [ground: string, left: string, right: string]>> = {
  semantic: ['#3f9e6e', '#e2574c', '#e2574c'],
  instance: ['none', '#e2574c', '#4f7df3'],
  panoptic: ['#3f9e6e', '#e2574c', '#4f7df3'],
}

export function TaskDrawing({ task, width = 112 }: { readonly task: TaskType; readonly width?: number }) {
  const [ground, left, right] = COLOURS[task]
  const outlined = task !== 'semantic'
  return (
    <svg width={width} viewBox="0 0 112 72" aria-hidden className="task-drawing">
      <clipPath id={`task-${task}`}>
        <rect width="112" height="72" rx="8" />
      </clipPath>
      <g clipPath={`url(#task-${task})`}>
        <rect width="112" height="72" fill="var(--surface-3)" />
        <path
          d="M0 50c22-9 40-3 58-7s36-3 54 3v26H0Z"
          fill={ground === 'none' ? 'var(--border-strong)' : ground}
          fillOpacity={ground === 'none' ? 0.35 : 0.85}
        />
        <path
          d="M24 40c-4-14 8-24 20-22s18 14 14 25-14 15-22 13-10-8-12-16Z"
          fill={left}
          fillOpacity=".85"
          stroke={outlined ? '#fff' : 'none'}
          strokeWidth="2"
        />
        <path
          d="M56 44c0-13 10-20 20-18s16 11 13 21-12 13-20 11-13-6-13-14Z"
          fill={right}
          fillOpacity=".85"
          stroke={outlined ? '#fff' : 'none'}
          strokeWidth="2"
        />
      </g>
    </svg>
  )
}
