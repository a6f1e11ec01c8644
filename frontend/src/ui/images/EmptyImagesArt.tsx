/** For a project without images: a stack of pictures on their way in. */
export function EmptyImagesArt() {
  return (
    <svg width="168" height="120" viewBox="0 0 168 120" fill="none">
      <rect x="50" y="8" width="92" height="70" rx="10" transform="rotate(8 96 43)" fill="var(--surface-3)" />
      <rect
        x="26"
        y="24"
        width="100"
        height="76"
        rx="10"
        fill="var(--surface)"
        stroke="var(--border-strong)"
        strokeWidth="1.5"
      />
      <path d="M36 88c12-20 22-22 32-10s14 6 20-2 16-8 28 12Z" fill="var(--accent-line)" />
      <circle cx="104" cy="46" r="8" fill="var(--accent-line)" />
      <path
        d="M44 62c-2-12 8-20 18-17s13 12 9 20-24 10-27-3Z"
        stroke="var(--accent)"
        strokeWidth="2"
        strokeDasharray="4 4"
      />
      <circle cx="136" cy="94" r="18" fill="var(--accent)" />
      <path
        d="M136 102V86m-6 6 6-6 6 6"
        stroke="#fff"
        strokeWidth="2.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
