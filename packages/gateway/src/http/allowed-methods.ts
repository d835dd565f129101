// Which methods a path has, where the one that was asked for is none of them (RFC 9110 section 15.5.6).

import type { FastifyInstance } from 'fastify'
import findMyWay, { type HTTPMethod } from 'find-my-way'
import { ROUTER_OPTIONS } from './router-options.js'

const ORDER = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** `config` of a route that only refuses: it is no method of its path. */
export const REFUSED = {}

/** What one can look up, and so what every path is filed under. */
const ANY: HTTPMethod = 'GET'

/**
 * Watches which routes a server gets. To be called before it gets any.
 * @returns the methods of a URL; none: there is nothing there
 */
export function methodsByUrl(app: FastifyInstance): (url: string) => readonly string[] {
  const methodsOf = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method, config }) => {
    if (config === REFUSED) return
    const methods = methodsOf.get(url) ?? new Set()
    for (const each of [method].flat()) methods.add(each)
    methodsOf.set(url, methods)
  })
  let router: ReturnType<typeof findMyWay> | undefined
  return (url) => {
    router ??= routerOf(methodsOf)
    const methods = router.find(ANY, pathOf(url))?.store as ReadonlySet<string> | undefined
    return methods === undefined ? [] : [...methods].sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b))
  }
}

function routerOf(methodsOf: ReadonlyMap<string, ReadonlySet<string>>): ReturnType<typeof findMyWay> {
  const router = findMyWay(ROUTER_OPTIONS)
  for (const [url, methods] of methodsOf) router.on(ANY, url, () => undefined, methods)
  return router
}

const pathOf = (url: string): string => url.split('?', 1)[0] as string
