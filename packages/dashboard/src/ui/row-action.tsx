import type { ReactNode } from 'react'

interface RowActionProps {
  /** What it does and to which row, for who hears the page. */
  readonly label: string
  readonly onAct: () => void
  readonly children: ReactNode
}

/** What can be done with one row of a table. */
export const RowAction = ({ label, onAct, children }: RowActionProps) => (
  <button type="button" className="plain" onClick={onAct} aria-label={label}>
    {children}
  </button>
)
