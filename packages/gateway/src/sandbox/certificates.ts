// A certificate authority that lives as long as a sandbox or a test, and certificates of it: X.509 (RFC 5280) in DER
// (X.690), with nothing but Node.

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import ipaddr from 'ipaddr.js'

export interface Certificate {
  /** PEM. */
  readonly cert: string
  /** PEM. */
  readonly key: string
}

export interface CertificateAuthority {
  /** Its own certificate, PEM: what clients are told to trust. */
  readonly cert: string
  /** A server's certificate for names and addresses. */
  issue(...names: string[]): Certificate
}

const DAY_MS = 86_400_000

/**
 * Makes an authority that nobody knows yet.
 * @param now when its certificates are good: milliseconds since the epoch, and `days` before and after
 */
export function createAuthority(commonName: string, now: number, days = 1): CertificateAuthority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = distinguishedName(commonName)
  const validity = sequence(time(now - days * DAY_MS), time(now + days * DAY_MS))
  const isAuthority = extension('551d13', sequence(der(0x01, Buffer.from([0xff]))))
  return {
    cert: certify({ subject: name, publicKey, issuer: name, signer: privateKey, validity, extensions: [isAuthority] }),
    issue(...names) {
      const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const alternativeNames = extension('551d11', sequence(...names.map(generalName)))
      return {
        cert: certify({
          subject: distinguishedName(names[0] ?? ''),
          publicKey: keys.publicKey,
          issuer: name,
          signer: privateKey,
          validity,
          extensions: [alternativeNames],
        }),
        key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      }
    },
  }
}

interface ToBeSigned {
  readonly subject: Buffer
  readonly publicKey: KeyObject
  readonly issuer: Buffer
  readonly signer: KeyObject
  readonly validity: Buffer
  readonly extensions: readonly Buffer[]
}

/** RFC 5280 section 4.1. */
function certify({ subject, publicKey, issuer, signer, validity, extensions }: ToBeSigned): string {
  const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'))
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    // A first byte of 1 to 127: neither zero nor negative.
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ecdsaWithSha256,
    issuer,
    validity,
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const certificate = sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, signer)))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** A tag, a length and what is in it. */
function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const size =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}

const sequence = (...content: Buffer[]): Buffer => der(0x30, ...content)
const integer = (bytes: Buffer): Buffer => der(0x02, bytes)
const bitString = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes)
/** @param hex its encoding, without tag and length */
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const time = (ms: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`))

const distinguishedName = (commonName: string): Buffer =>
  sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName)))))

/** A critical one. */
const extension = (oid: string, value: Buffer): Buffer =>
  sequence(objectId(oid), der(0x01, Buffer.from([0xff])), der(0x04, value))

const generalName = (name: string): Buffer =>
  ipaddr.isValid(name) ? der(0x87, Buffer.from(ipaddr.parse(name).toByteArray())) : der(0x82, Buffer.from(name))
