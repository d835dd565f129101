import { describe, expect, it } from 'vitest'
import { createAuthority } from '../sandbox/certificates.js'
import { checkCertificate } from './tls.js'

const DAY_MS = 86_400_000
const MADE = Date.parse('2030-01-01T00:00:00Z')
const { cert, key } = createAuthority('test', MADE, 30).issue('qod.example')
const at = (days: number, pem = cert) => checkCertificate('/etc/cert.pem', pem, MADE + days * DAY_MS)

describe('the check of the certificate', () => {
  it.each([
    [-31, 'problem', 'is not valid before 2029-12-02T00:00:00.000Z'],
    [-29, 'ok', '/etc/cert.pem is valid until 2030-01-31T00:00:00.000Z'],
    [15.9, 'ok', 'is valid until'],
    [16, 'warning', 'expires on 2030-01-31T00:00:00.000Z, in 14 days'],
    [28.5, 'warning', 'in 1 day'],
    [30, 'problem', 'the certificate of listen.tlsCert (/etc/cert.pem) has expired on 2030-01-31T00:00:00.000Z'],
  ])('says on day %d of 30: %s', (day, verdict, says) => {
    const finding = at(day)
    expect(finding.verdict).toBe(verdict)
    expect(finding.says).toContain(says)
  })

  it('uses the certificate of a chain that expires first', () => {
    const short = createAuthority('intermediate', MADE, 3).cert
    expect(at(1, `${cert}\n${short}`)).toMatchObject({
      verdict: 'warning',
      says: expect.stringContaining('expires on 2030-01-04') as unknown,
    })
  })

  it('names a file without a certificate, and does not show its contents', () => {
    expect(() => at(0, key)).toThrow('listen.tlsCert: /etc/cert.pem contains no certificate (PEM)')
  })
})
