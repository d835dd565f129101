import { QodError } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import type { Prefix } from '../domain/address.js'
import { AddressGuard } from './address-guard.js'
import { sinkPolicy } from './sink-policy.js'

const LOOPBACK = ['127.0.0.0/8', '::1/128'] as Prefix[]

const strict = sinkPolicy({ guard: new AddressGuard({ allow: [] }), sandbox: false })
const sandbox = sinkPolicy({ guard: new AddressGuard({ allow: LOOPBACK }), sandbox: true })

const refusal = (url: string, policy = strict) => {
  try {
    policy.check(url)
    return undefined
  } catch (error) {
    return error instanceof QodError ? error : undefined
  }
}

describe('sinks that are accepted [createSession, INVALID_SINK]', () => {
  it('are https URLs, with names or with public addresses', () => {
    const good = [
      'https://app.example/events?tenant=7',
      'https://8.8.8.8:8443/',
      'https://app.example./',
      'https://[2a00:1450:4001::200e]/',
      'https://xn--bcher-kva.example/',
      'https://b%C3%BCcher.example/events',
      'https://my_service.example/a@b',
      'https://app.example?mail=a@b#top',
    ]
    expect(good.filter((url) => refusal(url) !== undefined)).toEqual([])
  })

  it.each([
    ['not https', 'http://app.example/', 'https URL'],
    ['another scheme', 'ftp://app.example/', 'https URL'],
    ['no URL', 'https://', 'must be a URL'],
    ['a password', 'https://user:secret@app.example/', 'sinkCredential'],
    ['a host with an empty label', 'https://app..example/', '1 to 63 letters'],
    ['a host that begins with a dot', 'https://.example/', '1 to 63 letters'],
    ['a host with a label too long', `https://${'a'.repeat(64)}.example/`, '1 to 63 letters'],
    ['a host that is too long', `https://${'abcdefg.'.repeat(32)}example/`, 'at most 253 characters'],
    ['a host with a wildcard', 'https://*.example/', 'letters, digits'],
    ['a host with other signs', 'https://a,b!.example/', 'letters, digits'],
    ['a host with a label that begins with a hyphen', 'https://-app.example/', 'letters, digits'],
    ['a host with a label that ends with a hyphen', 'https://app-.example/', 'letters, digits'],
    ['a host that can never exist [RFC 6761]', 'https://app.invalid/', '.invalid never does'],
    ['the same with the dot of the root', 'https://app.INVALID./', '.invalid never does'],
    ['a URL without a host', 'https:///app.example/', 'must be a URL'],
    ['a scope of a link-local address', 'https://[fe80::1%25eth0]/', 'must be a URL'],
    ['an address of a link', 'https://[fe80::1]/', 'sinks.allow'],
    ['an empty user', 'https://@app.example/', 'sinkCredential'],
    ['a user of an address', 'https://user@[2a00:1450:4001::200e]/', 'sinkCredential'],
    ['port 65536', 'https://app.example:65536/', 'must be a URL'],
    ['port 0', 'https://app.example:0/', 'a port from 1 to 65535'],
    ['a private address', 'https://10.0.0.1/', 'sinks.allow'],
    ['this machine, spelt as a number', 'https://2130706433/', 'sinks.allow'],
    ['this machine in IPv6', 'https://[::ffff:127.0.0.1]/', 'sinks.allow'],
  ])('are never %s: the refusal says what to do', (_what, url, hint) => {
    const error = refusal(url)
    expect(error?.code).toBe('INVALID_SINK')
    expect(error?.message).toContain(hint)
    expect(error?.message).not.toContain('secret')
  })

  it('are plain http in a sandbox too, but to this machine only', () => {
    const here = ['http://127.0.0.1:9000/events', 'http://localhost:9000/', 'http://[::1]:9000/']
    expect(here.filter((url) => refusal(url, sandbox) !== undefined)).toEqual([])
    expect(refusal('http://app.example/', sandbox)?.code).toBe('INVALID_SINK')
    expect(refusal('https://10.0.0.1/', sandbox)?.code).toBe('INVALID_SINK')
  })

  it('are known by host and port, so that attempts to one machine can be bounded', () => {
    expect(strict.check('https://App.example/a')).toBe('app.example')
    expect(strict.check('https://app.example:443/b')).toBe('app.example')
    expect(strict.check('https://app.example:8443/')).toBe('app.example:8443')
  })
})
