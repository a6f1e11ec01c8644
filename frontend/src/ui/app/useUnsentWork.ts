/** Sends what closed tabs and crashes left unsent, from whichever page of the product is visited next. */
import { useEffect } from 'react'

const AGAIN_MS = 30_000

export function useUnsentWork(user: string | undefined): void {
  useEffect(() => {
    if (user === undefined) return
    let timer: ReturnType<typeof setTimeout> | undefined
    let over = false
    const send = async () => {
      clearTimeout(timer)
      const { replayPendingJournals } = await import('@/sync/browser')
      const left = await replayPendingJournals(user)
      if (left > 0 && !over) timer = setTimeout(() => void send(), AGAIN_MS)
    }
    const online = () => void send()
    void send()
    window.addEventListener('online', online)
    return () => {
      over = true
      clearTimeout(timer)
      window.removeEventListener('online', online)
    }
  }, [user])
}
