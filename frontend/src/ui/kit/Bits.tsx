/** Small shared pieces: avatars, badges, progress, skeletons, empty states, copyable text. */
import { Check, Copy } from 'lucide-react'
import { useRef, useState, type CSSProperties, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { STATUSES, type ImageStatus } from '@/sync/api'

import { Button } from './Button'

/** Two letters for a person: of the first and the last name, or of the address. */
export function initials(name: string): string {
  const words = name
    .replace(/@.*/, '')
    .split(/[\s._-]+/)
    .filter(Boolean)
  const first = words[0]?.[0] ?? '?'
  const last = words.length > 1 ? (words[words.length - 1]?.[0] ?? '') : (words[0]?.[1] ?? '')
  return (first + last).toUpperCase()
}

export function Avatar({ name, large = false }: { readonly name: string; readonly large?: boolean }) {
  return <span className={`avatar ${large ? 'avatar-lg' : ''}`} data-initials={initials(name)} aria-hidden />
}

type Tone = 'neutral' | 'accent' | 'danger' | 'success' | 'warning'
export function Badge({
  tone = 'neutral',
  children,
}: {
  readonly tone?: Tone
  readonly children: ReactNode
}) {
  return <span className={`badge ${tone === 'neutral' ? '' : `badge-${tone}`}`}>{children}</span>
}

export function statusColour(status: ImageStatus): string {
  return `var(--status-${status})`
}

export function StatusBadge({ status }: { readonly status: ImageStatus }) {
  const { t } = useTranslation()
  return (
    <span className="badge">
      <span className="dot" style={{ background: statusColour(status) }} />
      {t(`status.${status}`)}
    </span>
  )
}

export function Swatch({ colour, size = 14 }: { readonly colour: string; readonly size?: number }) {
  return <span className="swatch" style={{ background: colour, width: size, height: size }} aria-hidden />
}

interface ProgressProps {
  /** 0..1 */
  readonly value: number
  readonly label: string
  readonly tone?: 'accent' | 'danger' | 'success' | 'muted'
}
export function Progress({ value, label, tone = 'accent' }: ProgressProps) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100)
  return (
    <div
      className="progress"
      data-tone={tone}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <span style={{ width: `${percent}%` }} />
    </div>
  )
}

/** Shares of images by workflow status, furthest along first. */
export function StatusBar({ counts }: { readonly counts: Readonly<Record<ImageStatus, number>> }) {
  const { t } = useTranslation()
  const order = ['accepted', 'submitted', 'returned', 'in_progress'] as const
  const total = STATUSES.reduce((sum, status) => sum + counts[status], 0)
  const words = STATUSES.map((status) => `${t(`status.${status}`)} ${counts[status]}`).join(', ')
  return (
    <div className="stacked" role="img" aria-label={words}>
      {order.map(
        (status) =>
          counts[status] > 0 && (
            <span
              key={status}
              style={{ width: `${(counts[status] / total) * 100}%`, background: statusColour(status) }}
            />
          ),
      )}
    </div>
  )
}

export function Skeleton({ style }: { readonly style: CSSProperties }) {
  return <span className="skeleton" style={style} aria-hidden />
}

interface EmptyStateProps {
  readonly art: ReactNode
  readonly title: string
  readonly text: string
  /** h1 where it is the whole page. */
  readonly heading?: 'h1' | 'h2'
  readonly children?: ReactNode
}
export function EmptyState({ art, title, text, heading: Heading = 'h2', children }: EmptyStateProps) {
  return (
    <div className="empty">
      <div className="empty-art" aria-hidden>
        {art}
      </div>
      <Heading className="empty-title">{title}</Heading>
      <p>{text}</p>
      {children !== undefined && <div className="row-wrap">{children}</div>}
    </div>
  )
}

export function CopyField({ value, label }: { readonly value: string; readonly label: string }) {
  const { t } = useTranslation()
  const [copied, setCopied] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const copy = () => {
    // Browsers keep the clipboard from pages that came over plain HTTP from another machine; the old way works there.
    const clipboard = (navigator as { clipboard?: Clipboard }).clipboard
    if (clipboard) void clipboard.writeText(value).then(() => setCopied(true))
    else {
      input.current?.select()
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      setCopied(document.execCommand('copy'))
    }
  }
  return (
    <div className="copy-field">
      <input
        ref={input}
        className="input"
        readOnly
        aria-label={label}
        value={value}
        onFocus={(event) => event.target.select()}
      />
      <Button
        icon={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
        onClick={copy}
        onBlur={() => setCopied(false)}
      >
        {copied ? t('copied') : t('copy')}
      </Button>
    </div>
  )
}
