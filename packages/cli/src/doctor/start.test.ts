// An error of the start is also found by doctor, with the same message.

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Keyring, loadConfig, startGateway } from '@rightofway/gateway'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { createAuthority } from '../../../gateway/test/support/certificates.js'
import { simulatedNetworkFile } from '../../../gateway/test/support/simulated-network.js'
import { cli, temporaryFolder } from '../world.fixture.js'

interface Case {
  readonly settings: Readonly<Record<string, string>>
  readonly says: string
}

const logger = pino({ level: 'silent' })
const BASE = { 'listen.port': '0' }

/** A folder whose contents make a start fail. */
const CASES: Readonly<Record<string, (dir: string) => Case>> = {
  'a certificate and a key that do not belong together': (dir) => {
    const authority = createAuthority()
    writeFileSync(join(dir, 'cert.pem'), authority.issue('a.example').cert)
    writeFileSync(join(dir, 'key.pem'), authority.issue('b.example').key)
    return {
      settings: { 'listen.tlsCert': join(dir, 'cert.pem'), 'listen.tlsKey': join(dir, 'key.pem') },
      says: 'key values mismatch',
    }
  },
  'an admin socket that is a file': (dir) => {
    writeFileSync(join(dir, 'file'), 'precious')
    return { settings: { 'admin.socket': join(dir, 'file') }, says: 'there is a file or folder that is not a socket' }
  },
  'an admin socket with a path that is too long': (dir) => ({
    settings: { 'admin.socket': join(dir, 'x'.repeat(120)) },
    says: 'at most 107 are allowed',
  }),
  'an admin socket in a folder that is not there': (dir) => ({
    settings: { 'admin.socket': join(dir, 'nowhere', 'admin.sock') },
    says: 'Its folder must exist',
  }),
  'a file of a simulated network that is no database': (dir) => {
    mkdirSync(join(dir, 'data'))
    writeFileSync(join(dir, 'data', 'simulator-simulator.db'), 'a text that is no database. '.repeat(100))
    return { settings: {}, says: 'simulator-simulator.db' }
  },
  'a file of a simulated network that is a folder': (dir) => {
    mkdirSync(join(dir, 'data', 'simulator-simulator.db'), { recursive: true })
    return { settings: {}, says: 'simulator-simulator.db' }
  },
  'certificates to trust that are none': (dir) => {
    writeFileSync(join(dir, 'ca.pem'), 'not a certificate')
    return { settings: { 'sinks.ca': join(dir, 'ca.pem') }, says: 'contains no certificate' }
  },
  'a file of profiles that is none': (dir) => {
    writeFileSync(join(dir, 'profiles.yaml'), 'profiles: 1')
    return { settings: { 'profiles.seed': join(dir, 'profiles.yaml') }, says: 'it must be a list of profiles' }
  },
  'a data folder that is a file': (dir) => {
    writeFileSync(join(dir, 'data'), '')
    return { settings: {}, says: join(dir, 'data') }
  },
  'a keyring that is none': (dir) => {
    writeFileSync(join(dir, 'keyring'), 'short', { mode: 0o600 })
    return { settings: { 'keyring.file': join(dir, 'keyring') }, says: 'is not 32 bytes in base64' }
  },
}

const doctor = async (settings: Readonly<Record<string, string>>) => {
  const flags = Object.entries(settings).flatMap(([path, value]) => [
    `--${path.replaceAll('.', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    value,
  ])
  return cli('doctor', ...flags)
}

describe('what prevents a start', () => {
  it.each(Object.entries(CASES))('is found by doctor too, with the same message: %s', async (_name, make) => {
    const dir = temporaryFolder()
    const { settings, says } = make(dir)
    const file = simulatedNetworkFile(dir)
    const all = { ...BASE, dataDir: join(dir, 'data'), ...settings }
    const ended = await startGateway(loadConfig({ flags: all, file }), { logger }).catch(
      (error: unknown) => error as Error,
    )
    if (!(ended instanceof Error)) throw new Error('the gateway started')
    expect(ended.message).toContain(says)
    const { code, out } = await doctor({ ...all, config: file })
    expect(code).toBe(1)
    expect(out).toContain('PROBLEM')
    for (const line of ended.message.split('\n')) expect(out).toContain(line)
  })

  it('is reported all at once', async () => {
    const dir = temporaryFolder()
    const socket = CASES['an admin socket that is a file']?.(dir) as Case
    const files = CASES['certificates to trust that are none']?.(dir) as Case
    const flags = { ...BASE, dataDir: join(dir, 'data'), ...socket.settings, ...files.settings }
    const ended = await startGateway(loadConfig({ flags, file: simulatedNetworkFile(dir) }), { logger }).catch(
      (error: unknown) => error as Error,
    )
    expect((ended as Error).message).toContain(socket.says)
    expect((ended as Error).message).toContain(files.says)
  })
})

describe('a gateway without a network', () => {
  it('does not start outside a sandbox, creates no files, and names the setting; so does doctor', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const flags = { ...BASE, dataDir }
    const says = /^no network is configured: add one under `networks` .*, or use --sandbox /
    await expect(startGateway(loadConfig({ flags }), { logger })).rejects.toThrow(says)
    expect(existsSync(dataDir)).toBe(false)
    const { code, out } = await doctor(flags)
    expect(code).toBe(1)
    expect(out).toMatch(/^PROBLEM {2}settings +no network is configured: /m)
    expect((await doctor({ ...flags, sandbox: 'true' })).code).toBe(0)
  })
})

describe('a keyring of another store', () => {
  it('is a problem for doctor, as for a running gateway', async () => {
    const dir = temporaryFolder()
    const settings = { ...BASE, dataDir: join(dir, 'data') }
    const config = simulatedNetworkFile(dir)
    await (await startGateway(loadConfig({ flags: settings, file: config }), { logger })).close()
    const file = join(dir, 'data', 'keyring')
    rmSync(file)
    writeFileSync(file, Keyring.generate().toText(), { mode: 0o600 })
    const { code, out } = await doctor({ ...settings, config })
    expect(code).toBe(1)
    expect(out).toMatch(
      /^PROBLEM {2}keyring +.*keyring: the secrets in the store cannot be decrypted: key \w+ is not in the keyring$/m,
    )
  })
})
