// Which page is shown: the path below the dashboard's own. A link is a link: it can be opened in another tab.

import { useSyncExternalStore } from 'react'
import { DASHBOARD } from './base.js'

const listeners = new Set<() => void>()
const tell = () => {
  for (const listener of listeners) listener()
}

window.addEventListener('popstate', tell)

/** Address of a page, such as `/sessions`. */
export const href = (path: string): string => DASHBOARD + path

/** @param path of a page, perhaps with a query */
export function go(path: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', href(path))
  else history.replaceState(null, '', href(path))
  tell()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The path of the page, without the query. */
export const usePath = (): string =>
  useSyncExternalStore(subscribe, () => location.pathname.slice(DASHBOARD.length).replace(/\/+$/, '') || '/')

/** The query of the page. */
export function useQuery(): URLSearchParams {
  const search = useSyncExternalStore(subscribe, () => location.search)
  return new URLSearchParams(search)
}
