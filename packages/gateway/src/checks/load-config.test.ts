import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createAuthority } from '../../test/support/certificates.js'
import { ConfigError } from '../config/config.js'
import { type LoadOptions, loadConfig } from './load-config.js'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-load-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
})

const KEY = Buffer.alloc(32, 1).toString('base64')

function fileOf(...lines: readonly string[]): string {
  const file = join(dir, 'gateway.yaml')
  writeFileSync(file, lines.join('\n'))
  return file
}

/** The messages of the mistakes, each preceded by its last line number. */
function mistakes(options: LoadOptions): string[] {
  try {
    loadConfig(options)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
      .split('\n')
      .filter((line, _, { length }) => length === 1 || line.startsWith('- '))
      .map((line) => line.replace(/^- /, '').replace(/^(.*) \([^()]*, line (\d+)\)$/, '$2: $1'))
  }
  return []
}

describe('the configuration of a start', () => {
  it('reports mistakes in a URL, in keys and in named files among the others, each with its line', () => {
    const { cert } = createAuthority().issue('a.example')
    writeFileSync(join(dir, 'cert.pem'), cert)
    writeFileSync(join(dir, 'key.pem'), createAuthority().issue('b.example').key)
    writeFileSync(join(dir, 'two-words'), 'two words')
    const file = fileOf(
      'listen:',
      '  prot: 1',
      `  tlsCert: ${dir}/cert.pem`,
      `  tlsKey: ${dir}/key.pem`,
      'store:',
      '  url: postgresql://u:s3cret@db1:0/q?sslmod=require&sslmode=verify_full&port=5432&sslrootcert=/none',
      'keyring:',
      '  keys: short',
      'sinks:',
      `  ca: ${dir}/two-words`,
      'profiles:',
      `  seed: ${dir}/none`,
      'networks:',
      '  - kind: bogus',
      '  - kind: camara',
      '    id: core',
      '    url: https://core.example/qod/v1',
      `    ca: ${dir}/none`,
      `    tokenFile: ${dir}/two-words`,
    )
    const said = mistakes({ file, toStart: true })
    expect(said).toEqual([
      expect.stringMatching(/^2: listen\.prot is not a known member.*did you mean port\?$/),
      expect.stringMatching(/^14: networks\[0\]\.kind must be one of/),
      expect.stringContaining('store.url (') as unknown,
      `keyring.keys (${file}, line 8) cannot be used: key 1 of the keyring is not 32 bytes in base64`,
      expect.stringMatching(/^6: store\.url: the parameter sslmod is unknown.*; did you mean sslmode\?$/),
      expect.stringMatching(/^6: store\.url: the parameter port is unknown; allowed are [^;]*$/),
      expect.stringMatching(/^6: store\.url: .*: the port of db1 must be a number from 1 to 65535$/),
      expect.stringMatching(/^6: store\.url: sslmode must be one of .*; did you mean verify-full\?$/),
      expect.stringMatching(/^6: store\.url: sslrootcert: \/none cannot be read: ENOENT/),
      expect.stringMatching(/^3: listen\.tlsCert \(.*key values mismatch/),
      `10: sinks.ca: ${dir}/two-words contains no certificate (PEM)`,
      expect.stringMatching(/^12: the file of profiles .* cannot be read: ENOENT/),
      expect.stringMatching(/^18: ca of the network core: .* cannot be read: ENOENT/),
      `19: tokenFile of the network core: ${dir}/two-words must contain one word of 1 to 8192 visible ASCII characters`,
    ])
    expect(said.join()).not.toContain('s3cret')
  })

  it('names them by the flag or the variable that set them', () => {
    const flags = { sandbox: 'true', 'store.url': 'mysql://h/d', 'sinks.ca': dir }
    const env = { RIGHTOFWAY_KEYRING_KEYS: `${KEY},x`, RIGHTOFWAY_PUBLIC_URL: 'https://gateway.example' }
    expect(mistakes({ flags, env, toStart: true })).toEqual([
      'keyring.keys (RIGHTOFWAY_KEYRING_KEYS) cannot be used: key 2 of the keyring is not 32 bytes in base64',
      expect.stringMatching(/^store\.url: it must look like .* \(--store-url\)$/),
      expect.stringMatching(/^sinks\.ca: .* cannot be read: EISDIR.* \(--sinks-ca\)$/),
    ])
  })

  it('reports that it has no network, but not if that follows from another mistake', () => {
    const ofNetworks = (options: LoadOptions) =>
      mistakes({ ...options, toStart: true }).filter((line) => line.includes('no network is configured'))
    expect(ofNetworks({ flags: { 'listen.port': 'x' } })).toHaveLength(1)
    expect(ofNetworks({ flags: { sandbox: 'perhaps' } })).toEqual([])
    expect(ofNetworks({ flags: { sandbox: 'true' } })).toEqual([])
    expect(ofNetworks({ file: fileOf('networks:', '  - kind: linx') })).toEqual([])
  })

  it('requires the keyring that gateways of one store share', () => {
    const flags = { sandbox: 'true', publicUrl: 'https://g.example', 'store.url': 'postgresql://h/d' }
    const keyring = join(dir, 'keyring')
    const said = () => mistakes({ flags: { ...flags, 'keyring.file': keyring }, toStart: true })
    expect(said()).toEqual([expect.stringMatching(/^there is no keyring at .* \(--keyring-file\)$/)])
    writeFileSync(keyring, 'short')
    expect(said()).toEqual([expect.stringMatching(/^the keyring .* is not 32 bytes in base64 \(--keyring-file\)$/)])
    rmSync(keyring)
    mkdirSync(keyring)
    expect(said()).toEqual([expect.stringMatching(/^the keyring .* cannot be used: EISDIR/)])
    expect(mistakes({ flags: { ...flags, 'store.url': '', 'keyring.file': join(dir, 'new') }, toStart: true })).toEqual(
      ['store.url must have at least 1 character (--store-url)'],
    )
  })
})

describe('the configuration of anything else', () => {
  it('needs no network, and none of the files that it names; its values must be valid all the same', () => {
    const url = 'postgresql://db1/qod?sslmode=verify-full&sslrootcert=/none'
    const flags = { 'store.url': url, 'keyring.keys': KEY, publicUrl: 'https://g.example', 'sinks.ca': '/none' }
    expect(mistakes({ flags })).toEqual([])
    expect(mistakes({ flags: { ...flags, 'store.url': `${url}&sslcert=x` } })).toEqual([
      'store.url: sslcert and sslkey must be set together (--store-url)',
    ])
  })
})

describe('a URL that no URL parser accepts', () => {
  it.each(['publicUrl', 'callbacks.url', 'sinks.proxy', 'dashboard.oidc.issuer'])('is a mistake of %s', (path) => {
    for (const url of ['https://h:99999', 'http://a b', 'https://[zz]', 'ftp://h', 'https://']) {
      expect(mistakes({ flags: { [path]: url } })).toEqual([
        expect.stringMatching(new RegExp(`^${path} must (be a URL that begins|match )`)),
      ])
    }
  })

  it('is a mistake of networks and issuers', () => {
    const file = fileOf(
      'networks:',
      '  - { kind: simulator, id: a, url: "http://h:99999" }',
      '  - { kind: camara, id: b, url: "https://a b/c" }',
      '  - { kind: pcf, id: c, nrfUrl: "https://[zz]" }',
      'oauth:',
      '  issuers: [{ id: a, issuer: x:y, audience: z, jwksUri: "https://h:99999" }]',
    )
    const said = mistakes({ file })
    for (const one of ['networks[0].url', 'networks[1].url', 'networks[2].nrfUrl', 'oauth.issuers[0].jwksUri']) {
      expect(said).toContainEqual(expect.stringContaining(`${one} must be a URL that begins with http://`))
    }
  })
})
