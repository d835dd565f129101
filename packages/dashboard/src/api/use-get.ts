import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError, get, part } from './client.js'

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
export const useGet = <T>(path: string | undefined, everyMs?: number): Got<T> => useAnswer(path, get<T>, everyMs)

/** The admin API lists so many at most. */
const PAGE = 1_000

/**
 * All that the admin API lists at a path, page by page.
 * @param nameOf what the next page comes after
 */
export function useList<T>(path: string, nameOf: (item: T) => string): Got<readonly T[]> {
  const name = useRef(nameOf)
  const read = useCallback(async (of: string) => {
    const all: T[] = []
    for (let page: readonly T[] | undefined; page === undefined || page.length === PAGE; ) {
      const last = all.at(-1)
      page = await get<T[]>(last === undefined ? of : `${of}?after=${part(name.current(last))}`)
      all.push(...page)
    }
    return all
  }, [])
  return useAnswer<readonly T[]>(path, read)
}

/** @param read must be the same function each time */
function useAnswer<T>(path: string | undefined, read: (path: string) => Promise<T>, everyMs?: number): Got<T> {
  const [state, setState] = useState<{ path?: string | undefined; data?: T; error?: ApiError }>({})
  const turn = useRef(0)
  const load = useCallback(() => {
    if (path === undefined) return
    const mine = ++turn.current
    read(path).then(
      (data) => mine === turn.current && setState({ path, data }),
      (error: unknown) => {
        if (mine !== turn.current) return
        const refusal = error instanceof ApiError ? error : new ApiError(0, 'INTERNAL', String(error))
        setState((before) => (before.path === path ? { ...before, error: refusal } : { path, error: refusal }))
      },
    )
  }, [path, read])
  useEffect(() => {
    load()
    if (everyMs === undefined) return
    const timer = setInterval(() => document.visibilityState === 'visible' && load(), everyMs)
    return () => clearInterval(timer)
  }, [load, everyMs])
  const current = state.path === path ? state : {}
  return { data: current.data, error: current.error, reload: load }
}
