/**
 * What stays from one image to the next in this tab: the tool in hand and its class. Owns how it is kept and that only
 * what can be right is taken back: a text there may be of an older version, or anybody's. Settings of tools follow the
 * person (follow.ts).
 */
import { VOID } from '@/core/document'
import { TOOLS } from '@/tools/catalogue'
import type { EditorClass, EditorState, ToolName } from '@/tools/editorState'

const STORE = 'contorno.editor'

export function remember({ activeClass, tool }: Pick<EditorState, 'activeClass' | 'tool'>): void {
  const kept = { activeClass, tool: tool === 'vertex' ? 'select' : tool }
  try {
    sessionStorage.setItem(STORE, JSON.stringify(kept))
  } catch {
    // A full or forbidden storage: the next image begins as the first did.
  }
}

export function remembered(classes: readonly EditorClass[]): Partial<EditorState> {
  const { activeClass, tool } = read()
  const known = classes.some(({ index }) => index === activeClass) || activeClass === VOID
  return {
    activeClass: known ? (activeClass as number) : (classes[0]?.index ?? null),
    ...(isTool(tool) && { tool }),
  }
}

function read(): { readonly activeClass?: unknown; readonly tool?: unknown } {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(STORE) ?? '{}')
    return typeof kept === 'object' && kept !== null ? kept : {}
  } catch {
    return {}
  }
}

function isTool(name: unknown): name is ToolName {
  return TOOLS.some((entry) => entry.name === name)
}
