/** The images of a project, page after page by cursor, as one growing list. */
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'

import { useMemo } from 'react'

import { listImages, type ImageFilters, type ImageItem } from '@/sync/api'
import { keys, queryClient } from '@/ui/app/queries'

export const PAGE_SIZE = 200

const POLL_PREPARING_MS = 2000
const isPreparing = (image: ImageItem) => image.tiles?.state === 'preparing'

export interface ImageList {
  readonly images: readonly ImageItem[]
  /** All that match, loaded or not; undefined until the first answer. */
  readonly count: number | undefined
  readonly isPending: boolean
  /** The list shown belongs to the filters before. */
  readonly isStale: boolean
  readonly error: unknown
  readonly hasMore: boolean
  readonly loadMore: () => void
  readonly retry: () => void
}

function listOptions(project: string, filters: ImageFilters) {
  return infiniteQueryOptions({
    queryKey: keys.imageList(project, filters),
    queryFn: ({ pageParam, signal }) => listImages(project, filters, pageParam, PAGE_SIZE, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    // Comparing thousands of images deeply costs more than drawing the forty that are in view.
    structuralSharing: false,
    // Large images become ready while one looks on.
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.results.some(isPreparing)) ? POLL_PREPARING_MS : false,
  })
}

/** Asks for the first page while the page's code and the project are still on their way. */
export function prefetchImageList(project: string, filters: ImageFilters): void {
  queryClient.infiniteQuery(listOptions(project, filters)).catch(() => undefined) // the page asks again, and tells
}

export function useImageList(project: string, filters: ImageFilters): ImageList {
  const list = useInfiniteQuery(listOptions(project, filters))
  const pages = list.data?.pages
  const images = useMemo(() => (pages ?? []).flatMap((page) => page.results), [pages])
  return {
    images,
    count: pages?.[0]?.count,
    isPending: list.isPending,
    isStale: list.isPlaceholderData,
    error: list.error,
    hasMore: list.hasNextPage,
    loadMore: () => {
      if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage({ cancelRefetch: false })
    },
    retry: () => void list.refetch(),
  }
}
