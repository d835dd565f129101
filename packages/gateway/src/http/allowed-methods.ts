// The methods of a path, for the refusal of a method that it does not have (RFC 9110 section 15.5.6).

import type { FastifyInstance } from 'fastify'
import findMyWay, { type HTTPMethod } from 'find-my-way'
import { ROUTER_OPTIONS } from './router-options.js'

const ORDER = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** `config` of a route that only refuses: its method does not count. */
export const REFUSED = {}

/** The router is searched by a method, so every path is stored under this one. */
const ANY: HTTPMethod = 'GET'

/**
 * Records the routes of a server. Call it before the first route is added.
 * @returns the methods of a URL; none: there is no such path
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
