/** When something happened, as short as it can be said: the time for today, else the day with the time. */
export function clockTime(iso: string, language: string, now: Date = new Date()): string {
  const at = new Date(iso)
  const today = at.toDateString() === now.toDateString()
  const day = today ? {} : ({ day: 'numeric', month: 'short' } as const)
  return new Intl.DateTimeFormat(language, { ...day, hour: '2-digit', minute: '2-digit' }).format(at)
}
