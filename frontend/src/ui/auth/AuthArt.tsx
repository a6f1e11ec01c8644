/** A drawing of what the product does: a scene cut into labelled regions with exact borders. */
const HANDLES = [
  [196, 168],
  [232, 120],
  [292, 108],
  [344, 140],
  [356, 200],
  [318, 248],
  [252, 254],
  [206, 222],
] as const

export function AuthArt() {
  const outline = HANDLES.map(([x, y]) => `${x},${y}`).join(' ')
  return (
    <svg viewBox="0 0 480 360" className="auth-art">
      <defs>
        <clipPath id="auth-frame">
          <rect x="20" y="20" width="440" height="320" rx="18" />
        </clipPath>
      </defs>
      <g clipPath="url(#auth-frame)">
        <rect x="20" y="20" width="440" height="320" fill="#16245c" />
        <path d="M20 200C90 150 130 176 190 150s110-70 170-40 70 20 100 6V20H20Z" fill="#27408f" />
        <path d="M20 250c60-30 120-8 180-30s130-20 260 16v104H20Z" fill="#1f8f74" fillOpacity=".8" />
        <path d="M20 296c90-26 200-20 300-6s110-4 140-8v58H20Z" fill="#0f5f5c" />
        <circle cx="386" cy="86" r="30" fill="#ffc85c" />
        <polygon points={outline} fill="#ff7a59" fillOpacity=".55" />
        <path
          d="M92 262c-20-30-6-62 22-70s56 14 52 46-54 54-74 24Z"
          fill="#b48bff"
          fillOpacity=".5"
          stroke="#cdb4ff"
          strokeWidth="2.5"
        />
      </g>
      <polygon points={outline} fill="none" stroke="#fff" strokeWidth="2.5" strokeLinejoin="round" />
      <path
        d="M262 172c10-14 34-14 42 2s-2 34-20 34-32-22-22-36Z"
        fill="#27408f"
        fillOpacity=".9"
        stroke="#fff"
        strokeWidth="2"
        strokeDasharray="5 4"
      />
      {HANDLES.map(([x, y]) => (
        <rect
          key={`${x}-${y}`}
          x={x - 5}
          y={y - 5}
          width="10"
          height="10"
          rx="2.5"
          fill="#fff"
          stroke="#2450d6"
          strokeWidth="2"
        />
      ))}
    </svg>
  )
}
