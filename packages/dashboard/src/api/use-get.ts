import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError, get } from './client.js'

export interface Got<T> {
  readonly data: T | undefined
  readonly error: ApiError | undefined
  /** Asks again; what was there stays until the answer comes. */
  readonly reload: () => void
}

/**
 * What the admin API answers at a path.
 * @param path undefined asks nothing
 * @param everyMs asks again that often, while somebody looks
 */
export function useGet<T>(path: string | undefined, everyMs?: number): Got<T> {
  const [state, setState] = useState<{ path?: string | undefined; data?: T; error?: ApiError }>({})
  const turn = useRef(0)
  const load = useCallback(() => {
    if (path === undefined) return
    const mine = ++turn.current
    get<T>(path).then(
      (data) => mine === turn.current && setState({ path, data }),
      (error: unknown) => {
        if (mine !== turn.current) return
        const refusal = error instanceof ApiError ? error : new ApiError(0, 'INTERNAL', String(error))
        setState((before) => (before.path === path ? { ...before, error: refusal } : { path, error: refusal }))
      },
    )
  }, [path])
  useEffect(() => {
    load()
    if (everyMs === undefined) return
    const timer = setInterval(() => document.visibilityState === 'visible' && load(), everyMs)
    return () => clearInterval(timer)
  }, [load, everyMs])
  const current = state.path === path ? state : {}
  return { data: current.data, error: current.error, reload: load }
}
