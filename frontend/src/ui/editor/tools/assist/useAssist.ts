/** The settings of one assist; a change asks again at once. */
import type { AssistSettings } from '@/tools/assist/settings'

import type { EditorSession } from '../../session'
import { usePart } from '../../use'

export function useAssist<K extends keyof AssistSettings>(
  session: EditorSession,
  name: K,
): readonly [AssistSettings[K], (patch: Partial<AssistSettings[K]>) => void] {
  const settings = usePart(session.state, (state) => state.assists[name])
  const set = (patch: Partial<AssistSettings[K]>) => {
    const { assists } = session.state.get()
    session.state.set({ assists: { ...assists, [name]: { ...assists[name], ...patch } } })
    session.tools.adjusted()
  }
  return [settings, set]
}
