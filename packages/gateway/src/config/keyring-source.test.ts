import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Keyring } from '../auth/secrets/keyring.js'
import { fileKeyring, givenKeyring } from './keyring-source.js'

let dir: string
let file: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-keyring-'))
  file = join(dir, 'keyring')
})
afterEach(() => rmSync(dir, { recursive: true }))

const save = async (ring: Keyring) => fileKeyring(file).save?.(ring)
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe('a keyring in a file', () => {
  it('is absent before it is saved, and then is what was saved', async () => {
    expect(await fileKeyring(file).load()).toBeUndefined()
    const ring = Keyring.generate()
    await save(ring)
    expect((await fileKeyring(file).load())?.toText()).toBe(ring.toText())
    await save(ring.withNewKey())
    expect((await fileKeyring(file).load())?.currentId).not.toBe(ring.currentId)
  })

  it('is readable by its owner only, whatever rights an older file had', async () => {
    await save(Keyring.generate())
    expect(modeOf(file)).toBe('600')
    writeFileSync(`${file}.new`, 'left behind by a crash')
    chmodSync(`${file}.new`, 0o644)
    chmodSync(file, 0o644)
    await save(Keyring.generate())
    expect(modeOf(file)).toBe('600')
  })

  it('is replaced whole: a crash while it is written leaves the one before', async () => {
    const ring = Keyring.generate()
    await save(ring)
    const text = readFileSync(file, 'utf8')
    writeFileSync(`${file}.new`, ring.withNewKey().toText().slice(0, 60))
    expect((await fileKeyring(file).load())?.toText()).toBe(text)
    await save(ring)
    expect(readdirSync(dir)).toEqual(['keyring'])
  })

  it('is refused with the file and the reason, and without a key', async () => {
    writeFileSync(file, `${Keyring.generate().toText()}c2hvcnQ=\n`)
    await expect(fileKeyring(file).load()).rejects.toThrow(
      new Error(`the keyring ${file} cannot be used: key 2 of the keyring is not 32 bytes in base64`),
    )
    await expect(fileKeyring(dir).load()).rejects.toThrow(`the keyring ${dir} cannot be used: EISDIR`)
  })
})

describe('a keyring that the configuration gives', () => {
  it('cannot be saved', async () => {
    const ring = Keyring.generate()
    const source = givenKeyring(ring.toText())
    expect(source.save).toBeUndefined()
    expect((await source.load())?.toText()).toBe(ring.toText())
  })

  it('names its setting when it cannot be used', async () => {
    await expect(givenKeyring('c2hvcnQ=').load()).rejects.toThrow(
      new Error('keyring.keys cannot be used: key 1 of the keyring is not 32 bytes in base64'),
    )
  })
})
