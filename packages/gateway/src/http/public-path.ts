// The path of `publicUrl`: what a proxy in front puts before our paths. It may take it away again, or leave it there.

/** Of a URL without a query; `''` where it has none, or there is no URL. */
export const publicPathOf = (publicUrl: string): string =>
  publicUrl === '' ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')

/** The target of a request as our routes know it. */
export function withoutPublicPath(target: string, publicPath: string): string {
  if (publicPath === '' || !target.startsWith(publicPath)) return target
  const rest = target.slice(publicPath.length)
  if (rest.startsWith('/')) return rest
  return rest === '' || rest.startsWith('?') ? `/${rest}` : target
}
