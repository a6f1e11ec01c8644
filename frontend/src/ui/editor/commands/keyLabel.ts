/** Keys as they are printed on the keyboard, from the notation of `Command.keys`. */

const SIGNS: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  '-': '−',
}

export function isMac(): boolean {
  return /mac|iphone|ipad/i.test(navigator.userAgent)
}

/** `mod+shift+z` as `Ctrl Shift Z`, on a Mac as `⌘ ⇧ Z`. `space` is the word for the space bar. */
export function keyLabel(chord: string, { mac, space }: { mac: boolean; space: string }): string {
  const parts = chord === '+' ? ['+'] : chord.split('+')
  return parts.map((part) => oneKey(part, mac, space)).join(' ')
}

function oneKey(key: string, mac: boolean, space: string): string {
  switch (key) {
    case 'mod':
      return mac ? '⌘' : 'Ctrl'
    case 'alt':
      return mac ? '⌥' : 'Alt'
    case 'shift':
      return mac ? '⇧' : 'Shift'
    case 'space':
    case ' ':
      return space
    default:
      return SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key)
  }
}
