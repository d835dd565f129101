import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from './config.js'
import { ConfigError } from './config-error.js'
import { readNamedFile, readTlsFiles } from './tls-files.js'

let dir: string
let cert: string
let key: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-tls-'))
  cert = join(dir, 'cert.pem')
  key = join(dir, 'key.pem')
})
afterEach(() => rmSync(dir, { recursive: true }))

const listen = () => loadConfig({ flags: { 'listen.tlsCert': cert, 'listen.tlsKey': key } }).listen

describe('the TLS files', () => {
  it('are absent where no TLS is configured', () => {
    expect(readTlsFiles(loadConfig({}).listen)).toBeUndefined()
  })

  it('are named, with their setting, when they cannot be read', () => {
    expect(() => readTlsFiles(listen())).toThrow(ConfigError)
    expect(() => readTlsFiles(listen())).toThrow(`listen.tlsCert: ${cert} cannot be read: ENOENT`)
    writeFileSync(cert, '')
    expect(() => readTlsFiles(listen())).toThrow(`listen.tlsKey: ${key} cannot be read: ENOENT`)
    expect(() => readNamedFile('sinks.ca', dir)).toThrow(`sinks.ca: ${dir} cannot be read: EISDIR`)
  })

  it('are named, with their settings, when they are no certificate and key; the key is not shown', () => {
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' })
    writeFileSync(cert, 'no certificate')
    writeFileSync(key, pem)
    expect(() => readTlsFiles(listen())).toThrow(`listen.tlsCert (${cert}) and listen.tlsKey (${key}) cannot be used: `)
    expect(() => readTlsFiles(listen())).not.toThrow(String(pem).split('\n')[1])
  })
})
