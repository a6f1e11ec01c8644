/** Objects of one kind in the painter's worker, found by place. Owns no order and no style. */
import RBush from 'rbush'

import type { AnnotationRecord } from '@/core/document'
import type { Rect } from '@/core/points'
import { bboxOf } from '@/core/shapes'

import { type IndexedMask, indexMask } from './maskPaint'

export interface Item {
  readonly minX: number
  readonly minY: number
  readonly maxX: number
  readonly maxY: number
  readonly record: AnnotationRecord
  readonly mask: IndexedMask | null
}

/** From so many on, packing them at once is quicker than one by one. */
const MANY = 100

export class ItemTree {
  private readonly items = new Map<string, Item>()
  private readonly tree = new RBush<Item>()

  put(records: readonly AnnotationRecord[]): void {
    const fresh = records.map((record) => {
      this.forget(record.id)
      const { x0, y0, x1, y1 } = bboxOf(record)
      const mask = record.kind === 'mask' ? indexMask(record.mask) : null
      const item = { minX: x0, minY: y0, maxX: x1, maxY: y1, record, mask }
      this.items.set(record.id, item)
      return item
    })
    if (fresh.length > MANY) this.tree.load(fresh)
    else for (const item of fresh) this.tree.insert(item)
  }

  remove(ids: readonly string[]): void {
    for (const id of ids) this.forget(id)
  }

  /** Those whose box comes within `reach` image pixels of the rectangle, in no order. */
  within(rect: Rect, reach: number): Item[] {
    return this.tree.search({
      minX: rect.x0 - reach,
      minY: rect.y0 - reach,
      maxX: rect.x1 + reach,
      maxY: rect.y1 + reach,
    })
  }

  private forget(id: string): void {
    const item = this.items.get(id)
    if (!item) return
    this.items.delete(id)
    this.tree.remove(item)
  }
}
