/**
 * The settings that follow the person to every browser, with their usual values. To add one: a line in
 * `PreferenceValues` and one in `USUAL`; then `usePreference('area.name')` in a component, or `preference(...)` and
 * `setPreference(...)` elsewhere (usePreference.ts). A value is plain JSON.
 *
 * An object is kept as a whole and laid over its usual value, so that a field that is new has its usual value for
 * people who chose the others long ago. Owns no storage (sync/preferences.ts).
 */
import type { Adjustment } from '@/core/adjust'
import { USUAL_VIEW, type ViewOptions } from '@/ui/editor/view/options'

import type { Theme } from './theme'

/** The tabs of the editor's right side. */
export type SideTab = 'objects' | 'prelabels' | 'comments' | 'history'

/** How a model's proposals are shown. */
export interface PrelabelView {
  readonly shown: boolean
  /** From which score on, by project. */
  readonly thresholds: Readonly<Record<string, number>>
  /** The map of uncertainty over the image, and how much of the photograph it hides. */
  readonly heat: boolean
  readonly heatOpacity: number
}

export interface PreferenceValues {
  /** Light or dark, also before anybody is signed in (theme.ts). */
  theme: Theme
  /** How objects are shown: opacity, fills, outlines and whatever else `ViewOptions` holds. */
  'editor.view': ViewOptions
  /** How the photograph is shown, by project; one that is not here is shown as it is. */
  'editor.photo': Readonly<Record<string, Adjustment>>
  /** The settings of the tools: the fields named in `TOOL_SETTINGS` of tools/editorState.ts. */
  'editor.tools': Readonly<Record<string, unknown>>
  /** What one finger does on the canvas: auto draws until a pen is used (ui/editor/pointers/finger.ts). */
  'editor.finger': 'auto' | 'draw' | 'pan'
  /** Which tab of the right side is open. */
  'editor.side': { readonly tab: SideTab }
  /** The strip of a sequence's frames: whether it is open, and how many frames a second it plays. */
  'editor.sequence': { readonly open: boolean; readonly rate: number }
  /** Pre-labels: whether they are shown, from which score on. */
  'editor.prelabels': PrelabelView
}

export type PreferenceKey = keyof PreferenceValues

export const USUAL: PreferenceValues = {
  theme: 'system',
  'editor.view': USUAL_VIEW,
  'editor.photo': {},
  'editor.tools': {},
  'editor.finger': 'auto',
  'editor.side': { tab: 'objects' },
  'editor.sequence': { open: true, rate: 10 },
  'editor.prelabels': { shown: true, thresholds: {}, heat: false, heatOpacity: 0.6 },
}
