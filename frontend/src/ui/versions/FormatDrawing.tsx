/** A small mark for a format: what its files hold. */
import { Braces, FileImage, FileQuestion, Grid2x2 } from 'lucide-react'

const MARKS = { coco: Braces, voc: FileImage, masks: Grid2x2 } as const

export function FormatDrawing({ name }: { readonly name: string }) {
  const Icon = name in MARKS ? MARKS[name as keyof typeof MARKS] : FileQuestion
  return (
    <span className="format-mark">
      <Icon size={20} strokeWidth={1.75} aria-hidden />
    </span>
  )
}
