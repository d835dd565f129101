import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { type CertificateAuthority, createAuthority } from './certificates.js'

const NOW = Date.parse('2026-06-01T12:00:00Z')
const DAY_MS = 86_400_000
const authority = createAuthority('an authority', NOW, 2)
const root = new X509Certificate(authority.cert)

describe('an authority', () => {
  it('signs itself, may sign others, and is good for the days given', () => {
    expect(root).toMatchObject({ ca: true, subject: 'CN=an authority', issuer: 'CN=an authority' })
    expect(root.verify(root.publicKey)).toBe(true)
    expect([Date.parse(root.validFrom), Date.parse(root.validTo)]).toEqual([NOW - 2 * DAY_MS, NOW + 2 * DAY_MS])
  })

  it('issues certificates for names and addresses, and for nothing else', () => {
    const issued = new X509Certificate(authority.issue('sink.example', '127.0.0.1', '2001:db8::1').cert)
    expect(issued.checkIssued(root)).toBe(true)
    expect(issued.verify(root.publicKey)).toBe(true)
    expect(issued.ca).toBe(false)
    expect(issued.checkHost('sink.example')).toBe('sink.example')
    expect(issued.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(issued.checkIP('2001:db8::1')).toBe('2001:db8::1')
    expect(issued.checkHost('other.example')).toBeUndefined()
    expect(issued.checkIP('127.0.0.2')).toBeUndefined()
  })

  it.each([1, 5, 40])('issues them for %i names: lengths of one, two and three bytes', (count) => {
    const names = Array.from({ length: count }, (_, n) => `host-${n}.example`)
    const issued = new X509Certificate(authority.issue(...names).cert)
    expect(issued.subjectAltName).toBe(names.map((name) => `DNS:${name}`).join(', '))
    expect(issued.verify(root.publicKey)).toBe(true)
  })

  it('gives every certificate a serial number and a key of its own', () => {
    const issued = Array.from({ length: 20 }, () => new X509Certificate(authority.issue('localhost').cert))
    expect(new Set(issued.map(({ serialNumber }) => serialNumber)).size).toBe(20)
    expect(new Set(issued.map(({ fingerprint256 }) => fingerprint256)).size).toBe(20)
  })

  it('makes a server that is trusted by whoever trusts the authority, and by nobody else', async () => {
    const [own, another] = [createAuthority('own', Date.now()), createAuthority('another', Date.now())]
    const server = createServer(own.issue('localhost')).listen(0, '127.0.0.1')
    try {
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const reached = async ({ cert: ca }: CertificateAuthority) => {
        const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca })
        try {
          await once(socket, 'secureConnect')
          return socket.authorized
        } finally {
          socket.destroy()
        }
      }
      expect(await reached(own)).toBe(true)
      await expect(reached(another)).rejects.toThrow('unable to verify the first certificate')
    } finally {
      server.close()
    }
  })
})
