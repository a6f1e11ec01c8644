/**
 * Ties an open editor to the settings that follow the person: whatever changes `session.options` (the view) or a field
 * named in `TOOL_SETTINGS` is kept, and a setting changed elsewhere (another tab, the settings dialog) shows here.
 */
import { sameJson } from '@/sync/wire'
import { TOOL_SETTINGS, toolSettings, withToolSettings } from '@/tools/editorState'
import { onPreferences, preference, setPreference } from '@/ui/app/usePreference'

import type { EditorSession } from './session'

/** Returns the function that ends it. */
export function followSettings(session: EditorSession): () => void {
  let view = session.options.get()
  let tools = toolSettings(session.state.get())
  const onView = () => {
    view = session.options.get()
    setPreference('editor.view', view)
  }
  const onTools = () => {
    const state = session.state.get()
    if (TOOL_SETTINGS.every((field) => state[field] === tools[field])) return // a hover, a selection: nearly always
    tools = toolSettings(state)
    setPreference('editor.tools', tools)
  }
  const onKept = () => {
    const kept = preference('editor.view')
    if (!sameJson(kept, view)) session.options.set((view = kept))
    const settings = withToolSettings(preference('editor.tools'))
    if (!sameJson(settings, tools)) session.state.set((tools = settings))
  }
  const ends = [session.options.subscribe(onView), session.state.subscribe(onTools), onPreferences(onKept)]
  return () => ends.forEach((end) => end())
}
