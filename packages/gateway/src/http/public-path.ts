// The path of `publicUrl`, which clients put before our paths. A proxy may remove it or keep it.

/** The path of a URL without a query; `''` where it has none, or there is no URL. */
export const publicPathOf = (publicUrl: string): string =>
  publicUrl === '' ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')

/** First segments of our paths, and whether the segment alone is a path. */
export const OWN_SEGMENTS: ReadonlyMap<string, boolean> = new Map([
  ['admin', false],
  ['dashboard', true],
  ['healthz', true],
  ['jwks.json', true],
  ['metrics', true],
  ['oauth2', false],
  ['qod', false],
  ['qos-profiles', false],
  ['qos-provisioning', false],
  ['quality-on-demand', false],
  ['readyz', true],
  ['sandbox', false],
])

/**
 * The target of a request for our routes. It is unknown whether a proxy removed `publicPath`, and `publicPath` may be a
 * path of ours: it is removed if the rest is a path of ours, or if the target is none.
 */
export function withoutPublicPath(target: string, publicPath: string): string {
  if (publicPath === '' || !target.startsWith(publicPath)) return target
  const rest = target.slice(publicPath.length)
  const own = rest === '' || rest.startsWith('?') ? `/${rest}` : rest
  if (!own.startsWith('/')) return target
  const left = segmentOf(own)
  if (left === '') return OWN_SEGMENTS.get(segmentOf(target)) ? target : own
  return OWN_SEGMENTS.has(left) || !OWN_SEGMENTS.has(segmentOf(target)) ? own : target
}

const segmentOf = (target: string): string => target.split(/[/?#]/, 2)[1] ?? ''
