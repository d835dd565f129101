import type { FastifyInstance } from 'fastify'

/** Paths that Fastify routes, as it writes them. */
export function routedPaths(app: FastifyInstance): string[] {
  const parents: string[] = []
  const paths: string[] = []
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', path] = /^([│ ]*)[├└]── (\S+)/.exec(line) ?? []
    if (path === undefined) continue
    const depth = indent.length / 4
    parents[depth] = path
    paths.push(parents.slice(0, depth + 1).join(''))
  }
  return paths
}
