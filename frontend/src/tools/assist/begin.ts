/** Whether an assist may begin where the pointer is; otherwise the person is told why not. */
import type { ToolContext } from '../context'
import type { PointerInput } from '../events'

export function mayBegin(context: ToolContext, { image }: PointerInput): boolean {
  if (context.state.get().readOnly) return refuse(context, 'hint.readOnly')
  if (!isInside(context, image)) return refuse(context, 'assists:hint.outside')
  return true
}

export function isInside(
  context: ToolContext,
  { x, y }: { readonly x: number; readonly y: number },
): boolean {
  return x >= 0 && y >= 0 && x < context.width && y < context.height
}

/** Whether a mark adds: the bar says so, and Alt turns it round. */
export function adds(context: ToolContext, input: PointerInput): boolean {
  return (context.state.get().marking !== 'remove') !== input.alt
}

function refuse(context: ToolContext, key: string): false {
  context.hint({ key, tone: 'warning' })
  return false
}
