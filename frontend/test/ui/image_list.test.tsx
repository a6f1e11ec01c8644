/** The image list: pages by cursor become one list, filters live in the address, the grid asks before its end. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, renderHook, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import type { ImageFilters, ImageItem } from '@/sync/api'
import { filtersFrom, searchFrom, toggled } from '@/ui/images/filters'
import { gridShape } from '@/ui/images/ImageGrid'
import { PAGE_SIZE, useImageList } from '@/ui/images/useImageList'
import { useSelection } from '@/ui/images/useSelection'

const COUNT = 450
const filters: ImageFilters = {
  status: ['new', 'returned'],
  split: 'val',
  class: 3,
  q: 'cat',
  openComments: true,
  sort: '-objects',
}

/** A server with COUNT images whose cursor is the position of the next one. */
function serve(asked: URL[]): typeof fetch {
  return (input) => {
    const url = new URL(input as string, 'http://localhost')
    asked.push(url)
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const limit = Number(url.searchParams.get('limit'))
    const to = Math.min(COUNT, from + limit)
    const results = Array.from({ length: to - from }, (_, step) => ({ id: `image-${from + step}` }))
    const body = { results, next: to < COUNT ? String(to) : null, count: COUNT }
    return Promise.resolve(Response.json(body))
  }
}

const original = globalThis.fetch
let asked: URL[] = []
beforeEach(() => {
  asked = []
  globalThis.fetch = serve(asked)
})
afterEach(() => {
  globalThis.fetch = original
  cleanup()
})

function wrapper({ children }: { readonly children: ReactNode }) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>
}

describe('useImageList', () => {
  test('joins the pages into one list without gaps, and stops at the end', async () => {
    const { result } = renderHook(() => useImageList('p1', filters), { wrapper })
    await waitFor(() => expect(result.current.images).toHaveLength(PAGE_SIZE))
    expect(result.current.count).toBe(COUNT)
    for (const length of [2 * PAGE_SIZE, COUNT]) {
      act(() => result.current.loadMore())
      await waitFor(() => expect(result.current.images).toHaveLength(length))
    }
    expect(result.current.images.map((image) => image.id)).toEqual(
      Array.from({ length: COUNT }, (_, position) => `image-${position}`),
    )
    expect(result.current.hasMore).toBe(false)
    const before = asked.length
    act(() => result.current.loadMore())
    expect(asked).toHaveLength(before)
  })

  test('asks once for a page however often the grid calls', async () => {
    const { result } = renderHook(() => useImageList('p1', filters), { wrapper })
    await waitFor(() => expect(result.current.hasMore).toBe(true))
    act(() => {
      result.current.loadMore()
      result.current.loadMore()
    })
    await waitFor(() => expect(result.current.images).toHaveLength(2 * PAGE_SIZE))
    expect(asked.map((url) => url.searchParams.get('cursor'))).toEqual([null, String(PAGE_SIZE)])
  })

  test('sends all filters by the names of the interface', async () => {
    const { result } = renderHook(() => useImageList('p1', filters), { wrapper })
    await waitFor(() => expect(result.current.isPending).toBe(false))
    expect(asked[0]!.pathname).toBe('/api/v1/projects/p1/images')
    expect(Object.fromEntries(asked[0]!.searchParams)).toEqual({
      status: 'new,returned',
      split: 'val',
      class: '3',
      q: 'cat',
      comments: 'open',
      sort: '-objects',
      limit: String(PAGE_SIZE),
    })
  })
})

describe('filters in the address', () => {
  test('come back as they were', () => {
    expect(filtersFrom(searchFrom(filters))).toEqual(filters)
    expect(filtersFrom(new URLSearchParams())).toEqual({
      status: [],
      split: '',
      class: null,
      q: '',
      openComments: false,
      sort: '-created',
    })
  })

  test('ignore what is not known', () => {
    const odd = new URLSearchParams('status=new,bogus&split=half&class=-2&sort=random')
    expect(filtersFrom(odd)).toEqual({
      status: ['new'],
      split: '',
      class: null,
      q: '',
      openComments: false,
      sort: '-created',
    })
  })

  test('a status chip is switched on and off', () => {
    expect(toggled(toggled([], 'new'), 'accepted')).toEqual(['new', 'accepted'])
    expect(toggled(['new', 'accepted'], 'new')).toEqual(['accepted'])
  })
})

test.each([
  [1392, 'comfortable', 6],
  [976, 'comfortable', 4],
  [1392, 'compact', 8],
  [100, 'compact', 1],
] as const)('a grid %i px wide, %s, has %i columns that fit', (width, density, columns) => {
  const shape = gridShape(width, density)
  expect(shape.columns).toBe(columns)
  expect(shape.rowHeight).toBeGreaterThan(0)
})

describe('useSelection', () => {
  const all = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }) as ImageItem)

  test('Shift takes the range from the last click, in both directions', () => {
    const { result } = renderHook(() => useSelection())
    act(() => result.current.toggle('d', false, all))
    act(() => result.current.toggle('b', true, all))
    expect([...result.current.ids].sort()).toEqual(['b', 'c', 'd'])
    act(() => result.current.toggle('c', false, all))
    expect([...result.current.ids].sort()).toEqual(['b', 'd'])
    act(() => result.current.clear())
    expect(result.current.ids.size).toBe(0)
  })
})
