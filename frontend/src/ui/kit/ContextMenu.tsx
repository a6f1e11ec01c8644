/**
 * A menu that opens at a place on the page: right click, the menu key. The caller decides when (`openAt`), because a long
 * press of a pen on a canvas is drawing and must not open it.
 */
import { ContextMenu as Radix } from 'radix-ui'
import { type ReactNode, type Ref, useImperativeHandle, useRef } from 'react'

export interface ContextMenuHandle {
  readonly openAt: (x: number, y: number) => void
}

interface ContextMenuProps {
  readonly handle: Ref<ContextMenuHandle>
  readonly label: string
  /** What has the focus when it closes. */
  readonly onClosed: () => void
  readonly children: ReactNode
}

export function ContextMenu({ handle, label, onClosed, children }: ContextMenuProps) {
  const anchor = useRef<HTMLSpanElement>(null)
  useImperativeHandle(handle, () => ({
    openAt: (clientX, clientY) =>
      anchor.current?.dispatchEvent(
        new MouseEvent('contextmenu', { bubbles: true, cancelable: true, clientX, clientY }),
      ),
  }))
  return (
    <Radix.Root>
      <Radix.Trigger asChild>
        <span ref={anchor} hidden data-menu-anchor="" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          className="menu"
          aria-label={label}
          collisionPadding={8}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            onClosed()
          }}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

interface ItemProps {
  readonly icon?: ReactNode
  readonly keys?: string | undefined
  readonly disabled?: boolean
  readonly danger?: boolean
  readonly onSelect: () => void
  readonly children: ReactNode
}

export function ContextItem({ icon, keys, disabled = false, danger = false, onSelect, children }: ItemProps) {
  return (
    <Radix.Item
      className={`menu-item ${danger ? 'menu-danger' : ''}`}
      disabled={disabled}
      onSelect={onSelect}
    >
      {icon}
      <span className="grow">{children}</span>
      {keys !== undefined && <kbd className="menu-keys">{keys}</kbd>}
    </Radix.Item>
  )
}

interface SubProps {
  readonly label: string
  readonly icon?: ReactNode
  readonly children: ReactNode
}

export function ContextSub({ label, icon, children }: SubProps) {
  return (
    <Radix.Sub>
      <Radix.SubTrigger className="menu-item">
        {icon}
        <span className="grow">{label}</span>
        <span aria-hidden>›</span>
      </Radix.SubTrigger>
      <Radix.Portal>
        <Radix.SubContent className="menu" sideOffset={4} collisionPadding={8}>
          {children}
        </Radix.SubContent>
      </Radix.Portal>
    </Radix.Sub>
  )
}

export const ContextLine = () => <Radix.Separator className="menu-line" />
