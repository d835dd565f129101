import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { ApiError } from '../api/client.js'
import { ErrorNote } from './feedback.js'

export interface DialogProps {
  readonly title: string
  /** What its button does. */
  readonly action?: string
  readonly danger?: boolean
  /** What it does. When it resolves the dialog closes; what it throws is shown. */
  readonly onAct?: () => Promise<unknown>
  readonly onClose: () => void
  readonly children: ReactNode
}

/** Asks before something is done. Escape leaves it, and the focus goes back to where it was. */
export function Dialog({ title, action, danger, onAct, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  const { busy, error, run } = useAction()
  useEffect(() => {
    const before = document.activeElement
    ref.current?.showModal()
    return () => (before as HTMLElement | null)?.focus()
  }, [])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (onAct === undefined) return onClose()
    run(onAct, onClose)
  }
  return (
    <dialog ref={ref} aria-labelledby={id} onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id={id}>{title}</h2>
        {children}
        {error && <ErrorNote error={error} />}
        <div className="row">
          {action && (
            <button type="submit" className={danger ? 'danger' : 'primary'} disabled={busy}>
              {action}
            </button>
          )}
          <button type="button" onClick={onClose}>
            {action ? 'Cancel' : 'Close'}
          </button>
        </div>
      </form>
    </dialog>
  )
}

/** Something that takes a moment and can be refused. */
export function useAction() {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const run = (act: () => Promise<unknown>, done?: () => void) => {
    setBusy(true)
    setError(undefined)
    act().then(
      () => {
        setBusy(false)
        done?.()
      },
      (reason: unknown) => {
        setBusy(false)
        setError(reason instanceof ApiError ? reason : new ApiError(0, 'INTERNAL', String(reason)))
      },
    )
  }
  return { busy, error, run, clear: () => setError(undefined) }
}
