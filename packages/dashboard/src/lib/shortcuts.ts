import { useEffect, useRef } from 'react'
import { go } from './router.js'

/** A second key counts as part of a pair for that long (ms). */
const PAIR_MS = 1_500

/** Whether what is typed is text. */
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))

/**
 * `/` goes to the search of a page, `g` and a letter to a page.
 * @param places paths of pages by letter
 */
export function useShortcuts(places: Readonly<Record<string, string>>): void {
  const current = useRef(places)
  current.current = places
  useEffect(() => {
    let pairUntil = 0
    const onKey = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target)) return
      if (document.querySelector('dialog[open]') !== null) return
      if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('input[type=search]')
        if (search === null) return
        event.preventDefault()
        search.focus()
        search.select()
        return
      }
      const to = current.current[event.key]
      if (event.timeStamp < pairUntil && to !== undefined) {
        event.preventDefault()
        go(to)
      }
      pairUntil = event.key === 'g' ? event.timeStamp + PAIR_MS : 0
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
