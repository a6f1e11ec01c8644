/** The mark: a closed contour with three of its vertices. */
export function Mark({ size = 26 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8" fill="#2450d6" />
      <path
        d="M8.6 17.8C6.6 12.4 10.4 7 16 7.6c3.4.4 4.2 2.6 6.6 4 3.4 2 3.6 6.8.8 9.8-2.2 2.4-4.6 1.6-7.2 2.6-3.4 1.2-6.2-1.6-7.6-6.2Z"
        fill="#fff"
        fillOpacity=".22"
        stroke="#fff"
        strokeWidth="2.2"
        strokeLinejoin="round"
      />
      <g fill="#2450d6" stroke="#fff" strokeWidth="1.6">
        <circle cx="16" cy="7.6" r="2.4" />
        <circle cx="23.8" cy="20.8" r="2.4" />
        <circle cx="8.6" cy="17.8" r="2.4" />
      </g>
    </svg>
  )
}

export function Wordmark() {
  return (
    <span className="wordmark">
      <Mark />
      Contorno
    </span>
  )
}
