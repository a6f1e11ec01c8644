/** The images page's filters, kept in the address so that a view can be shared and comes back. */
import { SPLITS, STATUSES, type ImageFilters, type ImageSort, type ImageStatus, type Split } from '@/sync/api'

export const SORTS: readonly ImageSort[] = [
  '-created',
  'created',
  'name',
  '-name',
  '-updated',
  'updated',
  '-objects',
  'objects',
]
export const DEFAULT_SORT: ImageSort = '-created'

export function filtersFrom(search: URLSearchParams): ImageFilters {
  const statuses = (search.get('status') ?? '').split(',')
  const split = search.get('split') ?? ''
  const sort = search.get('sort') as ImageSort | null
  const index = Number(search.get('class') ?? '')
  return {
    status: STATUSES.filter((status) => statuses.includes(status)),
    split: (SPLITS as readonly string[]).includes(split) ? (split as Split) : '',
    class: Number.isInteger(index) && index > 0 ? index : null,
    q: search.get('q') ?? '',
    openComments: search.get('comments') === 'open',
    sort: sort !== null && SORTS.includes(sort) ? sort : DEFAULT_SORT,
  }
}

export function searchFrom(filters: ImageFilters): URLSearchParams {
  const search = new URLSearchParams()
  if (filters.status.length > 0) search.set('status', filters.status.join(','))
  if (filters.split !== '') search.set('split', filters.split)
  if (filters.class !== null) search.set('class', String(filters.class))
  if (filters.q.trim() !== '') search.set('q', filters.q)
  if (filters.openComments) search.set('comments', 'open')
  if (filters.sort !== DEFAULT_SORT) search.set('sort', filters.sort)
  return search
}

export function toggled(statuses: readonly ImageStatus[], status: ImageStatus): readonly ImageStatus[] {
  return statuses.includes(status) ? statuses.filter((each) => each !== status) : [...statuses, status]
}

export function isFiltered(filters: ImageFilters): boolean {
  return (
    filters.status.length > 0 ||
    filters.split !== '' ||
    filters.class !== null ||
    filters.openComments ||
    filters.q.trim() !== ''
  )
}
