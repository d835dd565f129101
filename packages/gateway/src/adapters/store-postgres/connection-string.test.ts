import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAuthority } from '../../../test/support/certificates.js'
import { databaseHosts } from './connection-string.js'

const tlsOf = (parameters: string) => databaseHosts(`postgresql://db1/qod?${parameters}`)[0].tls

describe('a connection string', () => {
  it('names hosts in their order, user, password and database', () => {
    const hosts = databaseHosts('postgresql://gateway:s%40crt:%2F@db1:6432,db2,[2001:db8::1]:6433/q%20d?options=-c%20x')
    const same = { user: 'gateway', password: 's@crt:/', database: 'q d', options: '-c x' }
    expect(hosts.map(({ name, connect }) => ({ name, ...connect }))).toEqual([
      { name: 'db1:6432', host: 'db1', port: 6432, ...same },
      { name: 'db2', host: 'db2', port: 5432, ...same },
      { name: '[2001:db8::1]:6433', host: '2001:db8::1', port: 6433, ...same },
    ])
    expect(databaseHosts('postgres://localhost/qod')[0].connect).toEqual({
      host: 'localhost',
      port: 5432,
      database: 'qod',
    })
  })

  it.each([
    'mysql://gateway:secret@db1/qod',
    'postgresql://',
    'postgresql://gateway:secret@db1',
    'postgresql://gateway:secret@db1:port/qod',
    'postgresql://gateway:secret@db1:70000/qod',
    'postgresql://gateway:secret@db1,/qod',
  ])('is refused, without its password in the message: %s', (url) => {
    expect(() => databaseHosts(url)).toThrow('store.url: it must look like postgresql://user:password@host1:5432')
    expect(() => databaseHosts(url)).not.toThrow('secret')
  })

  it.each(['p@ss', '12/ss', '12#ss', '12?ss', '100%ss', 'p@ss/w@rd'])(
    'is refused with a password that is not encoded, and no part of it is used as a host: %s',
    (password) => {
      const url = `postgresql://postgres:${password}@db1/qod`
      expect(() => databaseHosts(url)).toThrow(
        'store.url: user or password contains a special character: write @ as %40',
      )
      expect(() => databaseHosts(url)).not.toThrow('ss@')
    },
  )

  it("has libpq's modes of TLS", () => {
    const encrypted = { rejectUnauthorized: false }
    expect(tlsOf('')).toEqual([encrypted, false])
    expect(tlsOf('sslmode=disable')).toEqual([false])
    expect(tlsOf('sslmode=allow')).toEqual([false, encrypted])
    expect(tlsOf('sslmode=prefer')).toEqual([encrypted, false])
    expect(tlsOf('sslmode=require')).toEqual([encrypted])
    expect(tlsOf('sslmode=verify-ca')).toEqual([
      { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) as unknown },
    ])
    expect(tlsOf('sslmode=verify-full')).toEqual([{ rejectUnauthorized: true }])
    expect(tlsOf('sslmode=verify-full&sslrootcert=system')).toEqual([{ rejectUnauthorized: true }])
  })

  it('names the file of a certificate authority; with it, require verifies', () => {
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-ca-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const [good, bad] = [join(dir, 'ca.pem'), join(dir, 'bad.pem')]
    const { cert } = createAuthority()
    writeFileSync(good, cert)
    writeFileSync(bad, 'no certificate')
    expect(tlsOf(`sslmode=verify-full&sslrootcert=${good}`)).toEqual([{ rejectUnauthorized: true, ca: cert }])
    expect(tlsOf(`sslmode=require&sslrootcert=${good}`)).toMatchObject([{ rejectUnauthorized: true, ca: cert }])
    expect(() => tlsOf(`sslmode=verify-ca&sslrootcert=${bad}`)).toThrow(
      `sslrootcert: ${bad} contains no certificate (PEM)`,
    )
    expect(() => tlsOf(`sslmode=verify-ca&sslrootcert=${dir}/none`)).toThrow(`sslrootcert: ${dir}/none cannot be read`)
  })

  it.each([
    ['sslmode=verify_full', 'sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full'],
    ['sslmod=require', 'the parameter sslmod is unknown; allowed are sslmode, sslrootcert'],
    ['ssl=true', 'the parameter ssl is unknown'],
    ['sslcert=client.pem', 'sslcert and sslkey must be set together'],
  ])('is refused with a mistake in it: %s', (parameters, message) => {
    expect(() => tlsOf(parameters)).toThrow(`store.url: ${message}`)
  })
})
