/** What was chosen in the palette last, newest first; kept on this machine. */
const STORE = 'contorno.palette'
const KEPT = 12

export function recentIds(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORE) ?? '[]')
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : []
  } catch {
    return [] // somebody else's text under our name: as if there were none
  }
}

export function rememberUse(id: string): void {
  const next = [id, ...recentIds().filter((other) => other !== id)].slice(0, KEPT)
  try {
    localStorage.setItem(STORE, JSON.stringify(next))
  } catch {
    // A full or forbidden storage: the command runs all the same.
  }
}
