/** Small drawings: what each architecture does, and the loop of learning. */
import type { ReactNode } from 'react'

import type { Architecture } from '@/sync/learningApi'

const line = { stroke: 'currentColor', strokeWidth: 1.75, strokeLinecap: 'round', fill: 'none' } as const

const DRAWINGS: Readonly<Record<Architecture, ReactNode>> = {
  unet: (
    <>
      <rect x="4" y="6" width="6" height="30" rx="1.5" fill="currentColor" opacity=".3" />
      <rect x="14" y="14" width="6" height="22" rx="1.5" fill="currentColor" opacity=".5" />
      <rect x="29" y="26" width="6" height="10" rx="1.5" fill="currentColor" />
      <rect x="44" y="14" width="6" height="22" rx="1.5" fill="currentColor" opacity=".5" />
      <rect x="54" y="6" width="6" height="30" rx="1.5" fill="currentColor" opacity=".3" />
      <path d="M12 9h40M22 17h20" {...line} strokeDasharray="2 3.5" />
    </>
  ),
  fcn: (
    <>
      <rect x="4" y="6" width="7" height="30" rx="1.5" fill="currentColor" opacity=".3" />
      <rect x="15" y="11" width="7" height="20" rx="1.5" fill="currentColor" opacity=".5" />
      <rect x="26" y="15" width="7" height="12" rx="1.5" fill="currentColor" />
      <path d="M37 21h6m-3-3 3 3-3 3" {...line} />
      <path d="M48 6h9a3 3 0 0 1 3 3v24a3 3 0 0 1-3 3h-9Z" fill="currentColor" opacity=".3" />
      <path d="M48 27c4-6 8-4 12-9v15a3 3 0 0 1-3 3h-9Z" fill="currentColor" />
    </>
  ),
  mask_rcnn: (
    <>
      <rect x="4" y="5" width="26" height="22" rx="3" {...line} strokeDasharray="4 3.5" />
      <rect x="32" y="15" width="28" height="22" rx="3" {...line} strokeDasharray="4 3.5" />
      <path d="M10 20c-2-7 3-11 8-11s9 3 8 8-14 8-16 3Z" fill="currentColor" opacity=".45" />
      <path d="M37 30c-1-6 4-11 11-11s9 5 7 9-16 8-18 2Z" fill="currentColor" />
    </>
  ),
  click: (
    <>
      <path d="M14 27C10 16 20 6 32 7s20 8 17 17-30 14-35 3Z" fill="currentColor" opacity=".35" />
      <path
        d="m30 18 5 18 4-7 7-2Z"
        fill="currentColor"
        stroke="var(--surface)"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      <circle cx="28" cy="15" r="3" fill="currentColor" />
    </>
  ),
  fused: (
    <>
      <rect x="4" y="5" width="22" height="15" rx="3" fill="currentColor" opacity=".3" />
      <rect x="4" y="24" width="22" height="14" rx="3" {...line} strokeDasharray="4 3" />
      <path d="M28 13h5l3 8-3 9h-5M36 21h3" {...line} />
      <rect x="41" y="9" width="20" height="25" rx="3" fill="currentColor" opacity=".3" />
      <path d="M45 27c-1-6 2-10 6-10s7 4 6 9-11 6-12 1Z" fill="currentColor" />
    </>
  ),
  onnx: (
    <>
      <path d="m32 5 15 8v16l-15 8-15-8V13Z" {...line} strokeLinejoin="round" />
      <path d="m17 13 15 8 15-8M32 21v16" {...line} strokeLinejoin="round" />
    </>
  ),
}

export function ArchitectureDrawing({ name }: { readonly name: Architecture }) {
  return (
    <svg width="64" height="42" viewBox="0 0 64 42" fill="none" aria-hidden className="architecture-drawing">
      {DRAWINGS[name]}
    </svg>
  )
}

/** Label, train, pre-label, rank: round and round. */
export function LoopArt() {
  const spots = [
    [100, 26],
    [166, 78],
    [100, 130],
    [34, 78],
  ] as const
  return (
    <svg width="240" height="188" viewBox="-20 -6 240 172" fill="none">
      <path
        d="M122 30a68 54 0 0 1 42 26M160 101a68 54 0 0 1-37 25M77 126a68 54 0 0 1-38-26M40 56a68 54 0 0 1 38-26"
        stroke="var(--border-strong)"
        strokeWidth="2"
        strokeDasharray="2 5"
        strokeLinecap="round"
      />
      {spots.map(([x, y], position) => (
        <circle
          key={position}
          cx={x}
          cy={y}
          r="21"
          fill={position === 1 ? 'var(--accent)' : 'var(--surface)'}
          stroke={position === 1 ? 'none' : 'var(--border-strong)'}
          strokeWidth="1.5"
        />
      ))}
      <path
        d="M91 31c-2-8 4-14 10-13s10 5 8 11-16 9-18 2Z"
        stroke="var(--accent)"
        strokeWidth="2"
        strokeDasharray="3.5 3"
      />
      <path
        d="M156 85l6-6 5 4 9-11m-6 0h6v6"
        stroke="#fff"
        strokeWidth="2.25"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <rect x="90" y="121" width="20" height="17" rx="3" fill="var(--accent-line)" />
      <path
        d="m95 130 4 4 7-8"
        stroke="var(--accent)"
        strokeWidth="2.25"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path d="M25 71h18M25 78h13M25 85h8" stroke="var(--accent)" strokeWidth="2.25" strokeLinecap="round" />
    </svg>
  )
}
