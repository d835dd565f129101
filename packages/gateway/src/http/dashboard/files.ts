// The built dashboard: a few files, read once. Any other path is a page, which the dashboard routes itself.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { QodError } from '@rightofway/camara'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export const DASHBOARD_PATH = '/dashboard'

/** Nothing from other origins, nothing inline, no framing. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

interface File {
  readonly body: Buffer
  readonly type: string
  readonly etag: string
  /** Its name changes with its content. */
  readonly immutable: boolean
}

/**
 * @param folder of the build; if it is missing, a page says how to build it
 * @param publicPath prefix that a proxy adds to our paths
 */
export function addDashboard(app: FastifyInstance, folder: string, publicPath: string): void {
  const base = `${publicPath}${DASHBOARD_PATH}/`
  const files = existsSync(join(folder, 'index.html')) ? readFiles(folder, base) : undefined
  app.get('/', (_request, reply) => reply.redirect(base))
  const answer = (request: FastifyRequest<{ Params: { '*'?: string } }>, reply: FastifyReply) => {
    reply.headers(HEADERS)
    if (files === undefined) {
      return reply.code(503).type('text/plain; charset=utf-8').send('The dashboard is not built: npm run build\n')
    }
    const path = request.params['*'] ?? ''
    const file = files.get(path) ?? (path.startsWith('assets/') ? undefined : files.get('index.html'))
    if (file === undefined) throw new QodError('NOT_FOUND', 'There is no such file.')
    return send(reply, file, request.headers['if-none-match'])
  }
  // With a trailing slash or without: our servers treat both alike.
  app.get(DASHBOARD_PATH, answer)
  app.get(`${DASHBOARD_PATH}/*`, answer)
}

function send(reply: FastifyReply, { body, type, etag, immutable }: File, known: string | undefined): FastifyReply {
  reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache').header('etag', etag)
  return known === etag ? reply.code(304).send() : reply.type(type).send(body)
}

/** @param base path of the dashboard in browsers: the URLs in its page are relative to it */
function readFiles(folder: string, base: string): ReadonlyMap<string, File> {
  const files = new Map<string, File>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path).split(sep).join('/')
    const bytes = readFileSync(path)
    const body = name === 'index.html' ? withBase(bytes, base) : bytes
    files.set(name, {
      body,
      type: TYPES[extname(name)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      immutable: name.startsWith('assets/'),
    })
  }
  return files
}

/** HTML standard, section 4.2.3: the first in the head applies, to every URL after it. */
const withBase = (page: Buffer, base: string): Buffer =>
  Buffer.from(page.toString().replace('<head>', () => `<head><base href="${escaped(base)}">`))

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
