/** The scrolling frame of a project's tab, except the images, which scroll themselves. */
import type { ReactNode } from 'react'

interface TabPageProps {
  readonly title: string
  readonly text?: string
  readonly narrow?: boolean
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function TabPage({ title, text, narrow = false, actions, children }: TabPageProps) {
  return (
    // It scrolls, and a page of charts has nothing else that the keyboard could hold on to.
    <div className="page" tabIndex={0}>
      <div className={`page-inner ${narrow ? 'page-narrow' : ''}`}>
        <div className="section-head">
          <div>
            <h2>{title}</h2>
            {text !== undefined && <p>{text}</p>}
          </div>
          {actions !== undefined && <div className="row">{actions}</div>}
        </div>
        {children}
      </div>
    </div>
  )
}
