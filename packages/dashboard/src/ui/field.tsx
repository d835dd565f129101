import { cloneElement, type ReactElement, useId } from 'react'

interface FieldProps {
  readonly label: string
  readonly hint?: string
  /** What is wrong with what it says. */
  readonly error?: string | undefined
  readonly children: ReactElement<Record<string, unknown>>
}

/** A label, what it labels, and what is to be said about it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId()
  const about = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, { id, 'aria-describedby': about || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error && (
        <span className="wrong" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
    </div>
  )
}
