/** The project's images whose names hold the query, asked for when the person has stopped typing. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'

import { listImages } from '@/sync/api'

import type { CommandContext } from '../commands/command'
import type { Found } from './entries'

const SHOWN = 8
const CALM_MS = 180
const SHORTEST = 2

export function useFoundImages({ project, page }: CommandContext, query: string): readonly Found[] {
  const wanted = useCalm(query.trim())
  const { data } = useQuery({
    queryKey: ['finder-images', project.id, wanted],
    queryFn: ({ signal }) =>
      listImages(
        project.id,
        { q: wanted, status: [], split: '', class: null, openComments: false, sort: 'name' },
        null,
        SHOWN,
        signal,
      ),
    enabled: wanted.length >= SHORTEST,
    staleTime: 30_000,
  })
  return useMemo(() => {
    if (wanted.length < SHORTEST) return []
    return (data?.results ?? []).map((image) => ({
      at: [],
      entry: {
        id: `image:${image.id}`,
        kind: 'image' as const,
        name: image.name,
        group: image.group,
        also: '',
        keys: [],
        refused: null,
        run: () => page.onImage(image.id),
      },
    }))
  }, [data, wanted, page])
}

function useCalm(value: string): string {
  const [calm, setCalm] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setCalm(value), CALM_MS)
    return () => clearTimeout(timer)
  }, [value])
  return calm
}
