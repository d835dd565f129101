import { describe, expect, it } from 'vitest'
import { newSigningSecret, signatureHeaders } from './webhook-signature.js'

describe('the signature of an event [Standard Webhooks]', () => {
  // Made with `openssl dgst -sha256 -mac HMAC -macopt hexkey:... -binary | base64`.
  const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const BODY = '{"test": 2432232314}'
  const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', now: 1_614_265_330_000, body: BODY }

  it('is an HMAC of id, time and body with the secret', () => {
    expect(signatureHeaders(signed, [SECRET])).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('changes with each of them', () => {
    const signature = (changes: object, secret = SECRET) =>
      signatureHeaders({ ...signed, ...changes }, [secret])['webhook-signature']
    const all = [
      signature({}),
      signature({ id: 'other' }),
      signature({ now: signed.now + 1_000 }),
      signature({ body: `${BODY} ` }),
      signature({}, newSigningSecret()),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(signature({ now: signed.now + 999 })).toBe(all[0])
  })

  it('is one of several while secrets are being changed', () => {
    const [old, fresh] = [newSigningSecret(), newSigningSecret()]
    const both = signatureHeaders(signed, [old, fresh])['webhook-signature']
    const each = [old, fresh].map((secret) => signatureHeaders(signed, [secret])['webhook-signature'])
    expect(both).toBe(each.join(' '))
  })

  it('is made with secrets of 32 bytes that nobody can guess', () => {
    const [one, another] = [newSigningSecret(), newSigningSecret()]
    expect(one).not.toBe(another)
    expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  })
})
