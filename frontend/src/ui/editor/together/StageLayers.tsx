/** What working together lays over the canvas: pins, an earlier state, two states. */
import type { CommentThread } from '@/sync/togetherApi'
import { preference, setPreference } from '@/ui/app/usePreference'
import type { SideTab } from '@/ui/app/preferenceKeys'

import type { Opened } from '../open'
import { useObservable } from '../use'
import { CompareStage } from './CompareStage'
import { Pins } from './Pins'
import { PreviewStage } from './PreviewStage'

interface LayersProps {
  readonly opened: Opened
  readonly image: string
  readonly threads: readonly CommentThread[]
}

export function showTab(tab: SideTab): void {
  setPreference('editor.side', { ...preference('editor.side'), tab })
}

export function StageLayers({ opened, image, threads }: LayersProps) {
  const { together } = opened
  const { preview, compared } = useObservable(together)
  if (preview) return <PreviewStage opened={opened} preview={preview} />
  if (compared) return <CompareStage opened={opened} compared={compared} image={image} />
  return (
    <Pins
      opened={opened}
      threads={threads}
      onOpen={(thread) => {
        together.set({ thread })
        showTab('comments')
      }}
      onPlace={(point) => {
        together.set({ draft: { point, object: null } })
        showTab('comments')
      }}
    />
  )
}
