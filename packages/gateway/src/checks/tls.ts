import type { Config } from '../config/schema.js'
import { certificatesIn, readTlsFiles } from '../config/tls-files.js'
import { type Finding, ok, problem, warning } from './finding.js'

const CHECK = 'certificate'
const DAY_MS = 86_400_000
/** Renewal by ACME begins some weeks before expiry: a certificate this close to it was not renewed. */
const NEAR_DAYS = 14

/** Whether clients can trust the certificate of the gateway, and how long. @throws {ConfigError} it cannot be used */
export function checkTls(listen: Config['listen'], now: number): Finding {
  const tls = readTlsFiles(listen)
  if (tls === undefined) return ok(CHECK, 'none: the gateway listens without TLS')
  return checkCertificate(listen.tlsCert as string, tls.cert, now)
}

/**
 * @param file of the certificate
 * @param pem its contents: the gateway's own certificate first
 * @param now milliseconds since the epoch
 */
export function checkCertificate(file: string, pem: string, now: number): Finding {
  const renew = 'renew it, and send the gateway SIGHUP'
  // A chain expires with the first of its certificates.
  const chain = certificatesIn('listen.tlsCert', file, pem)
  const from = Math.max(...chain.map(({ validFrom }) => Date.parse(validFrom)))
  const to = Math.min(...chain.map(({ validTo }) => Date.parse(validTo)))
  const until = new Date(to).toISOString()
  if (now >= to) return problem(CHECK, `the certificate of listen.tlsCert (${file}) has expired on ${until}`, renew)
  if (now < from) {
    const since = new Date(from).toISOString()
    return problem(CHECK, `the certificate of listen.tlsCert (${file}) is not valid before ${since}`, 'set the clock')
  }
  if (now >= to - NEAR_DAYS * DAY_MS) {
    const days = Math.floor((to - now) / DAY_MS)
    return warning(
      CHECK,
      `the certificate of listen.tlsCert (${file}) expires on ${until}, in ${days} ${days === 1 ? 'day' : 'days'}`,
      renew,
    )
  }
  return ok(CHECK, `${file} is valid until ${until}`)
}
