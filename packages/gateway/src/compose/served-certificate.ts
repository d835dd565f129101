import { X509Certificate } from 'node:crypto'
import type { Server } from 'node:https'
import type { Logger } from 'pino'
import { checkCertificate } from '../checks/tls.js'
import type { Config } from '../config/schema.js'
import { readTlsFiles, type TlsFiles } from '../config/tls-files.js'
import { MIN_TLS_VERSION } from '../http/server.js'

interface ServedCertificateDeps {
  readonly listen: Config['listen']
  readonly log: Logger
  /** Milliseconds since the epoch. */
  readonly realNow: () => number
}

/** The certificate that is served. It can be read again while connections stay open. */
export class ServedCertificate {
  readonly #deps: ServedCertificateDeps
  #files: TlsFiles | undefined

  /** @throws {ConfigError} the files cannot be used */
  constructor(deps: ServedCertificateDeps) {
    this.#deps = deps
    this.#files = readTlsFiles(deps.listen)
  }

  /** PEM; undefined where there is no TLS. */
  get files(): TlsFiles | undefined {
    return this.#files
  }

  /** What is wrong with the served certificate, as text; empty if nothing is. */
  readonly warnings = (): string[] => {
    const { listen, realNow } = this.#deps
    if (this.#files === undefined) return []
    const { verdict, says } = checkCertificate(listen.tlsCert as string, this.#files.cert, realNow())
    return verdict === 'ok' ? [] : [says]
  }

  /** Reads certificate and key again, for new connections. If they cannot be used, the old ones stay. */
  renew(server: Server): void {
    const { listen, log } = this.#deps
    const { tlsCert: certificate, tlsKey: key } = listen
    if (this.#files === undefined) {
      log.info('the certificate was not reloaded: the gateway listens without TLS')
      return
    }
    try {
      const files = readTlsFiles(listen) as TlsFiles
      server.setSecureContext({ ...files, minVersion: MIN_TLS_VERSION })
      this.#files = files
      const validUntil = new Date(new X509Certificate(files.cert).validTo).toISOString()
      log.info({ certificate, key, validUntil }, 'the certificate and its key were reloaded')
    } catch (err) {
      log.error({ err, certificate, key }, 'the certificate cannot be reloaded: the old one is still in use')
    }
  }
}
