import type { QodError } from '@rightofway/camara'
import { createServer } from '../http/server.js'
import type { CertificateAuthority } from './certificates.js'
import type { SandboxInbox } from './inbox.js'
import { addInbox, INBOX_PATH } from './routes/inbox.js'

export interface HttpsSinkDeps {
  readonly inbox: SandboxInbox
  readonly authority: CertificateAuthority
  readonly realNow: () => number
  readonly onFault: (error: QodError) => void
}

/** The inbox over https, on a free port of loopback. */
export async function openHttpsSink({ inbox, authority, realNow, onFault }: HttpsSinkDeps) {
  const app = createServer({ onFault, tls: authority.issue('127.0.0.1', 'localhost') })
  await addInbox(app, inbox, realNow)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url: url + INBOX_PATH, close: () => app.close() }
}
