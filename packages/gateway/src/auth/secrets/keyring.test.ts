import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QUEUE, SINK } from '../../../test/support/deliveries.js'
import { createGranted } from '../../../test/support/sessions.js'
import { openSqliteStore } from '../../adapters/store-sqlite/store.js'
import { at, NOON } from '../../domain/session.fixture.js'
import type { Ciphertext } from '../../ports/store/secrets.js'
import type { Store } from '../../ports/store/store.js'
import { KeyMissing, Keyring, type KeyringSource, Secrets } from './keyring.js'

const KEY_A = Buffer.alloc(32, 1).toString('base64')
const KEY_B = Buffer.alloc(32, 2).toString('base64')

describe('a keyring', () => {
  it('opens what it has closed, and closes the same thing differently every time', () => {
    const ring = Keyring.generate()
    const closed = ring.encrypt('Gruß an alle')
    expect(ring.decrypt(closed)).toBe('Gruß an alle')
    expect(closed).not.toContain('Gru')
    expect(ring.encrypt('Gruß an alle')).not.toBe(closed)
    expect(ring.decrypt(ring.encrypt(''))).toBe('')
  })

  it('names its key in every ciphertext, the same on every gateway', () => {
    const [one, other] = [Keyring.parse(KEY_A), Keyring.parse(KEY_A)]
    expect(one.currentId).toBe(other.currentId)
    expect(one.currentId).not.toBe(Keyring.parse(KEY_B).currentId)
    expect(one.encrypt('secret')).toMatch(new RegExp(`^${one.currentId}\\.`))
    expect(other.decrypt(one.encrypt('secret'))).toBe('secret')
  })

  it('closes with its first key, and opens with all', () => {
    const old = Keyring.parse(KEY_A)
    const both = Keyring.parse(`${KEY_B}\n${KEY_A}\n`)
    expect(both.currentId).toBe(Keyring.parse(KEY_B).currentId)
    expect(both.decrypt(old.encrypt('secret'))).toBe('secret')
    expect(() => old.decrypt(both.encrypt('secret'))).toThrow(KeyMissing)
  })

  it.each([[`${KEY_A}\n${KEY_B}`], [`${KEY_A},${KEY_B}`], [`  ${KEY_A} ,\r\n\n ${KEY_B}\n`]])(
    'is read from lines or from a list, and written as it was read',
    (text) => {
      const ring = Keyring.parse(text)
      expect(ring.toText()).toBe(`${KEY_A}\n${KEY_B}\n`)
      expect(Keyring.parse(ring.toText()).currentId).toBe(ring.currentId)
    },
  )

  it.each([
    ['', 'the keyring has no key'],
    [' \n, \n', 'the keyring has no key'],
    ['c2hvcnQ=', 'key 1 of the keyring is not 32 bytes in base64'],
    [`${KEY_A}\n${KEY_B.slice(0, -4)}`, 'key 2 of the keyring is not 32 bytes in base64'],
    [`${KEY_A}${KEY_B}`, 'key 1 of the keyring is not 32 bytes in base64'],
    [`${KEY_A.slice(0, 10)}$${KEY_A.slice(10)}`, 'key 1 of the keyring is not 32 bytes in base64'],
  ])('is refused when it is not one: %j', (text, message) => {
    expect(() => Keyring.parse(text)).toThrow(new Error(message))
  })

  it('does not open what was changed, cut short, or closed by another key of the same name', () => {
    const ring = Keyring.parse(KEY_A)
    const closed = ring.encrypt('a secret of some length')
    const last = closed.at(-2) === 'A' ? 'B' : 'A'
    const changed = `${closed.slice(0, -2)}${last}${closed.slice(-1)}` as Ciphertext
    const foreign = `${ring.currentId}${Keyring.parse(KEY_B).encrypt('secret').slice(8)}` as Ciphertext
    for (const wrong of [changed, closed.slice(0, 20) as Ciphertext, foreign, `${ring.currentId}.` as Ciphertext]) {
      expect(() => ring.decrypt(wrong)).toThrow(KeyMissing)
      expect(() => ring.decrypt(wrong)).toThrow(`key ${ring.currentId} does not decrypt a secret that names it`)
    }
    expect(() => ring.decrypt('0badcafe.AAAA' as Ciphertext)).toThrow('key 0badcafe is not in the keyring')
  })
})

/** A source of keys that can be lost, and whose saves can fail. */
class Source implements KeyringSource {
  text: string | undefined
  readonly saved: string[] = []
  failAt = 0

  load = async () => (this.text === undefined ? undefined : Keyring.parse(this.text))

  save = async (ring: Keyring) => {
    this.saved.push(ring.toText())
    if (this.saved.length === this.failAt) throw new Error('killed')
    this.text = ring.toText()
  }

  get keys(): number {
    return (this.text ?? '').trim().split('\n').length
  }
}

describe('the secrets of a store', () => {
  let store: Store
  let source: Source

  beforeEach(() => {
    store = openSqliteStore({ file: ':memory:' })
    source = new Source()
  })
  afterEach(() => store.close())

  const open = () => Secrets.open(store, source)

  /** A session whose sink has a credential, and an event to deliver. */
  const keep = (credential: Ciphertext) =>
    createGranted(
      store.sessions,
      {},
      {
        sink: { ...SINK, credential: { type: 'ACCESSTOKEN', token: credential, expiresAt: at(3600) } },
      },
    )

  /** Every credential at rest, opened, and the names of the keys that it takes. */
  async function opened(secrets: Secrets): Promise<{ texts: string[]; keys: Set<string> }> {
    const queues = await store.events.claimDeliveries([{ queue: QUEUE, limit: 100 }], NOON, 0)
    const deliveries = queues.flatMap((queue) => queue.deliveries)
    const credentials = deliveries.map(({ sink }) => (sink.credential as { token: Ciphertext }).token)
    return {
      texts: credentials.map((credential) => secrets.decrypt(credential)).sort(),
      keys: new Set(credentials.map((credential) => credential.slice(0, credential.indexOf('.')))),
    }
  }

  it('get a key of their own when the store is new, which is saved before it is used', async () => {
    const secrets = await open()
    expect(secrets.problem).toBeUndefined()
    expect(source.saved).toHaveLength(1)
    const closed = secrets.encrypt('secret')
    const again = await open()
    expect(source.saved).toHaveLength(1)
    expect(again.decrypt(closed)).toBe('secret')
    expect(again.pseudonym('a')).toBe(secrets.pseudonym('a'))
  })

  it('use the key that is there when the store is new', async () => {
    source.text = KEY_A
    const secrets = await open()
    expect(source.saved).toEqual([])
    expect(secrets.encrypt('secret')).toContain(`${Keyring.parse(KEY_A).currentId}.`)
  })

  it('are out of reach without the key, and no new one is ever made over them', async () => {
    const secrets = await open()
    const closed = secrets.encrypt('secret')
    source.text = undefined
    source.saved.length = 0
    for (let start = 1; start <= 2; start++) {
      const without = await open()
      expect(without.problem).toBe('there is no keyring, but the store has secrets that need one')
      for (const use of [
        () => without.encrypt('x'),
        () => without.decrypt(closed),
        () => without.pseudonym('x'),
        () => without.rotate(),
      ]) {
        await expect((async () => use())()).rejects.toThrow(KeyMissing)
      }
    }
    expect(source.saved).toEqual([])
    expect(source.text).toBeUndefined()
  })

  it('are out of reach with a wrong key, which closes nothing either', async () => {
    const secrets = await open()
    const closed = secrets.encrypt('secret')
    const right = source.text
    source.text = KEY_B
    const wrong = await open()
    expect(wrong.problem).toMatch(
      /^the secrets in the store cannot be decrypted: key [0-9a-f]{8} is not in the keyring$/,
    )
    expect(() => wrong.encrypt('x')).toThrow(KeyMissing)
    expect(() => wrong.decrypt(closed)).toThrow(KeyMissing)
    expect(() => wrong.pseudonym('x')).toThrow(KeyMissing)
    source.text = right
    expect((await open()).decrypt(closed)).toBe('secret')
  })

  it('make pseudonyms that depend on every part, and on where it ends', async () => {
    const secrets = await open()
    const names = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['ab', 'c', '']].map((parts) =>
      secrets.pseudonym(...parts),
    )
    expect(new Set(names).size).toBe(names.length)
    expect(secrets.pseudonym('ab', 'c')).toBe(names[0])
    for (const name of names) expect(name).not.toContain('abc')
  })

  describe('when their key is changed', () => {
    const texts = ['one', 'three', 'two']

    it('are all closed anew with the new one; pseudonyms stay', async () => {
      const secrets = await open()
      for (const text of texts) await keep(secrets.encrypt(text))
      const [name, before] = [secrets.pseudonym('x'), source.text as string]
      // The credentials, and what pseudonyms are made with.
      expect(await secrets.rotate()).toBe(texts.length + 1)
      const { keys, texts: read } = await opened(secrets)
      expect(read).toEqual(texts)
      expect(keys).toEqual(new Set([Keyring.parse(source.text as string).currentId]))
      expect(keys).not.toContain(Keyring.parse(before).currentId)
      const again = await open()
      expect(again.problem).toBeUndefined()
      expect((await opened(again)).texts).toEqual(texts)
      expect(again.pseudonym('x')).toBe(name)
    })

    it('keep the key before for requests that began under it, and drop those before that', async () => {
      const secrets = await open()
      const late = secrets.encrypt('late')
      await secrets.rotate()
      // Only now does the session get to the store that the request was about.
      await keep(late)
      expect((await opened(await open())).texts).toEqual(['late'])
      await secrets.rotate()
      await secrets.rotate()
      expect(source.keys).toBe(2)
      expect((await opened(await open())).texts).toEqual(['late'])
      expect(() => secrets.decrypt(late)).toThrow(KeyMissing)
    })

    it.each([
      ['before the new key is saved', 1],
      ['before the old ones are dropped', 2],
    ])('can all be read after a crash %s', async (_when, failAt) => {
      const secrets = await open()
      for (const text of texts) await keep(secrets.encrypt(text))
      source.failAt = source.saved.length + failAt
      await expect(secrets.rotate()).rejects.toThrow('killed')
      const next = await open()
      expect(next.problem).toBeUndefined()
      expect((await opened(next)).texts).toEqual(texts)
      source.failAt = 0
      await next.rotate()
      expect((await opened(await open())).texts).toEqual(texts)
      expect(source.keys).toBe(2)
    })

    it('can all be read after a crash half-way through', async () => {
      const secrets = await open()
      for (const text of texts) await keep(secrets.encrypt(text))
      const crashing = await Secrets.open(
        {
          ...store,
          rewriteSecrets: (unless, rewrite) => {
            let count = 0
            return store.rewriteSecrets(unless, (old) => {
              if (++count > texts.length) throw new Error('killed')
              return rewrite(old)
            })
          },
        },
        source,
      )
      await expect(crashing.rotate()).rejects.toThrow('killed')
      const next = await open()
      expect((await opened(next)).texts).toEqual(texts)
      expect(await next.rotate()).toBe(texts.length + 1)
      expect((await opened(await open())).texts).toEqual(texts)
    })

    it('can all be read after two changes at the same time', async () => {
      const secrets = await open()
      for (const text of texts) await keep(secrets.encrypt(text))
      await Promise.all([secrets.rotate(), secrets.rotate()])
      expect((await opened(await open())).texts).toEqual(texts)
      expect((await opened(secrets)).texts).toEqual(texts)
    })

    it('are left alone when the keys are given from outside', async () => {
      const given: KeyringSource = { load: async () => Keyring.parse(KEY_A) }
      const secrets = await Secrets.open(store, given)
      await keep(secrets.encrypt('one'))
      await expect(secrets.rotate()).rejects.toThrow('put the new key first in it and restart every gateway')
      expect((await opened(secrets)).texts).toEqual(['one'])
    })

    it('are closed with a key that was put first from outside, and opened with the one behind', async () => {
      const first = await Secrets.open(store, { load: async () => Keyring.parse(KEY_A) })
      await keep(first.encrypt('one'))
      const second = await Secrets.open(store, { load: async () => Keyring.parse(`${KEY_B},${KEY_A}`) })
      expect(second.problem).toBeUndefined()
      await keep(second.encrypt('two'))
      expect((await opened(second)).texts).toEqual(['one', 'two'])
    })
  })
})
