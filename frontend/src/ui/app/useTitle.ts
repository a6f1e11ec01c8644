/** The document's title: the page first, so that tabs can be told apart. */
import { useEffect } from 'react'

export function useTitle(...parts: readonly string[]): void {
  const title = [...parts.filter(Boolean), 'Contorno'].join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
}
