/** Buttons: the one primary action of a view, everything else, and icon buttons that always carry a name. */
import { LoaderCircle } from 'lucide-react'
import { Slot } from 'radix-ui'
import type { ComponentProps, ReactNode } from 'react'

import { Tooltip } from './Tooltip'

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger' | 'danger-ghost'
export interface ButtonProps extends ComponentProps<'button'> {
  readonly variant?: ButtonVariant
  readonly size?: 'sm' | 'md' | 'lg'
  readonly icon?: ReactNode
  /** Shows a spinner and refuses clicks; the label stays so that nothing jumps. */
  readonly busy?: boolean
}

export function buttonClass(variant: ButtonVariant, size: 'sm' | 'md' | 'lg', extra = ''): string {
  return `btn btn-${variant}${size === 'md' ? '' : ` btn-${size}`} ${extra}`.trim()
}

export function Button({
  variant = 'secondary',
  size = 'md',
  icon,
  busy = false,
  className = '',
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      className={buttonClass(variant, size, className)}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy ? <LoaderCircle size={16} className="spin" aria-hidden /> : icon}
      {children}
    </button>
  )
}

export interface IconButtonProps extends ComponentProps<'button'> {
  readonly label: string
  readonly size?: 'sm' | 'md'
  readonly variant?: ButtonVariant
}

/** A square button with an icon only; `label` is its accessible name and its tooltip. */
export function IconButton({
  label,
  size = 'md',
  variant = 'ghost',
  className = '',
  children,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        aria-label={label}
        className={buttonClass(variant, size, `btn-icon ${className}`)}
        {...rest}
      >
        {children}
      </button>
    </Tooltip>
  )
}

interface ButtonLinkProps {
  readonly variant?: ButtonVariant
  readonly size?: 'sm' | 'md' | 'lg'
  /** A router `<Link>` or an `<a>`. */
  readonly children: ReactNode
}

/** Gives a link the look of a button. */
export function ButtonLink({ variant = 'secondary', size = 'md', children }: ButtonLinkProps) {
  return <Slot.Root className={buttonClass(variant, size)}>{children}</Slot.Root>
}
