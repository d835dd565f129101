import type { ReactNode } from 'react'
import type { ApiError } from '../api/client.js'
import type { Got } from '../api/use-get.js'

export const Loading = () => (
  <p className="soft pulse" role="status">
    Loading …
  </p>
)

export function ErrorNote({ error, retry }: { readonly error: ApiError; readonly retry?: () => void }) {
  return (
    <div className="note bad row between" role="alert">
      <span>
        <strong className="mono">{error.code}</strong> {error.message}
      </span>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** Nothing here yet: says what this would be, and how it comes about. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  )
}

/** Shows what was asked for, or why it is not there. */
export function Shown<T>({ got, children }: { readonly got: Got<T>; readonly children: (data: T) => ReactNode }) {
  return (
    <>
      {got.error && <ErrorNote error={got.error} retry={got.reload} />}
      {got.data === undefined ? got.error === undefined && <Loading /> : children(got.data)}
    </>
  )
}
