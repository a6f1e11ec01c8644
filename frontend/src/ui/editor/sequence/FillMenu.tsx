/** A button that fills the next frame, and a menu beside it that fills more of them. */
import { ChevronDown, CopyPlus, Waves } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { useTranslation } from 'react-i18next'

import { Button } from '@/ui/kit/Button'

import type { Filling } from './useFilling'

const DISTANCES = [1, 5, 10, 25, Infinity] as const

interface FillMenuProps {
  readonly method: 'copy' | 'propagate'
  readonly filling: Filling
  readonly disabled: boolean
}

export function FillMenu({ method, filling, disabled }: FillMenuProps) {
  const { t } = useTranslation('sequence')
  const Icon = method === 'copy' ? CopyPlus : Waves
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button
          size="sm"
          disabled={disabled}
          icon={<Icon size={14} aria-hidden />}
          title={t(`tip.${method}`)}
        >
          {t(`method.${method}`)}
          <ChevronDown size={13} aria-hidden />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6} collisionPadding={8}>
          {DISTANCES.map((count) => (
            <DropdownMenu.Item key={count} className="menu-item" onSelect={() => filling.fill(method, count)}>
              {count === Infinity ? t('toEnd') : t('frames', { count })}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
