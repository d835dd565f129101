import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Keyring, loadConfig, SETTINGS } from '@rightofway/gateway'
import { describe, expect, it } from 'vitest'
import { type Given, interview } from '../init/interview.js'
import { cli, temporaryFolder } from '../world.fixture.js'

const LINUX = ['--network', 'linux', '--towards-devices', 'lan0=95000000', '--towards-servers', 'wan0=38000000']
const OPEN = ['--directory-kind', 'open', '--directory-prefixes', '10.0.0.0/16,2001:db8:1::/48']

const newFile = () => join(temporaryFolder(), 'gateway.yaml')

describe('rightofway init', () => {
  it('writes a configuration that `serve` can use, and prints the next steps', async () => {
    const file = newFile()
    const { code, out } = await cli('init', '--config', file, ...LINUX, ...OPEN, '--listen-port', '8443')
    expect(code).toBe(0)
    expect(out).toBe(
      `${file} is written. What to do next:\n  rightofway doctor --config ${file}\n  rightofway serve --config ${file}\n`,
    )
    expect(loadConfig({ file })).toMatchObject({
      listen: { host: '127.0.0.1', port: 8443 },
      directory: { kind: 'open', prefixes: ['10.0.0.0/16', '2001:db8:1::/48'] },
      networks: [
        {
          kind: 'linux',
          id: 'edge',
          towardsDevices: [{ interface: 'lan0', capacityBps: 95_000_000 }],
          towardsServers: { interface: 'wan0', capacityBps: 38_000_000 },
        },
      ],
    })
    expect(statSync(file).mode & 0o777).toBe(0o640)
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('  # Port to listen on; 0 chooses a free one.\n  port: 8443\n')
    expect(text).not.toContain('host:')
  })

  it('lists all settings with --all, and each default is valid', async () => {
    const file = newFile()
    await cli('init', '--config', file, '--network', 'simulator', '--all', '--listen-port', '8443')
    const text = readFileSync(file, 'utf8')
    for (const { description } of SETTINGS) expect(text).toContain(`# ${description.split(' ').slice(0, 3).join(' ')}`)
    // Every default, without the comment mark. A setting without a default needs a value first.
    const valued = SETTINGS.filter(({ fallback }) => fallback !== undefined)
    const groups = new Set(valued.flatMap(({ path }) => path.split('.').slice(0, -1)))
    const usable = text.replaceAll(/^( *)#(\w+):(.*)$/gm, (line, indent: string, name: string, value: string) =>
      value !== '' || groups.has(name) ? `${indent}${name}:${value}` : line,
    )
    writeFileSync(file, usable)
    expect(loadConfig({ file })).toEqual({
      ...loadConfig({ flags: { 'listen.port': 8443 } }),
      networks: [{ kind: 'simulator', id: 'simulator' }],
    })
  })

  it('replaces no file by default', async () => {
    const file = newFile()
    writeFileSync(file, 'mine\n')
    const refused = await cli('init', '--config', file, '--network', 'simulator')
    expect(refused).toMatchObject({ code: 6, err: `rightofway: ${file} exists already: --replace replaces it\n` })
    expect(readFileSync(file, 'utf8')).toBe('mine\n')
    expect((await cli('init', '--config', file, '--network', 'simulator', '--replace')).code).toBe(0)
    expect(loadConfig({ file }).networks).toEqual([{ kind: 'simulator', id: 'simulator' }])
  })

  it.each([
    [[], '--network is required: kind of network (linux, camara, simulator)'],
    [LINUX, '--directory-prefixes is required'],
    [['--network', 'linux', '--towards-devices', 'lan0'], 'must be INTERFACE=BITS-PER-SECOND, such as lan0=95000000'],
    [['--network', 'simulator', '--listen-port', '99999'], '--listen-port'],
    [['--network', 'simulator', '--listen-host', '10.0.0.1'], 'listen.plainHttp if a proxy in front has TLS'],
  ])('writes nothing where something is missing or wrong: %j', async (flags, says) => {
    const file = newFile()
    const { code, err } = await cli(
      'init',
      '--config',
      file,
      ...flags,
      ...(flags.includes('lan0') ? LINUX.slice(4) : []),
    )
    expect(code).toBeGreaterThan(0)
    expect(err).toContain(says)
    expect(existsSync(file)).toBe(false)
    expect(existsSync(`${file}.new`)).toBe(false)
  })

  it('asks for what flags do not set, and offers the defaults', async () => {
    const asked: string[] = []
    const answers: Record<string, string> = {
      'address to listen on': '10.0.0.1',
      'PostgreSQL database': 'postgresql://gateway@db.example/qod',
      'URL of the load balancer': 'https://qod.example',
      'file of the keyring': '/etc/rightofway/keyring',
      'interface towards devices': 'lan0=95000000',
      'interface towards servers': 'wan0=38000000',
      'prefixes of the devices': '10.0.0.0/16',
    }
    const given: Given = { settings: new Map([['listen.port', '8443']]) }
    const { settings, network } = await interview(given, async (question, suggestion) => {
      asked.push(question)
      return Object.entries(answers).find(([begin]) => question.startsWith(begin))?.[1] ?? suggestion
    })
    expect(network).toMatchObject({ kind: 'linux' })
    expect(Object.fromEntries(settings)).toEqual({
      'listen.port': '8443',
      'listen.host': '10.0.0.1',
      // It has no certificate, so a proxy in front has it.
      'listen.plainHttp': 'true',
      'directory.kind': 'open',
      'directory.prefixes': '10.0.0.0/16',
      'store.url': 'postgresql://gateway@db.example/qod',
      publicUrl: 'https://qod.example',
      'keyring.file': '/etc/rightofway/keyring',
    })
    expect(asked).not.toContain('port to listen on')
  })

  it('names the keyring to create, for gateways that share a store', async () => {
    const file = newFile()
    const keyring = join(temporaryFolder(), 'keyring')
    const shared = ['--store-url', 'postgresql://db.example/qod', '--public-url', 'https://qod.example']
    const flags = ['--network', 'simulator', ...shared, '--keyring-file', keyring]
    expect((await cli('init', '--config', file, ...flags)).out).toContain(`\n  rightofway keyring create ${keyring}\n`)
    expect((await cli('keyring', 'create', keyring)).code).toBe(0)
    expect((await cli('init', '--config', file, '--replace', ...flags)).out).not.toContain('keyring create')
  })
})

describe('rightofway keyring create', () => {
  it('writes a keyring for its user alone, and does not replace another', async () => {
    const file = join(temporaryFolder(), 'keyring')
    expect(await cli('keyring', 'create', file)).toMatchObject({
      code: 0,
      out: expect.stringContaining(file) as unknown,
    })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'utf8')
    expect(Keyring.parse(text).toText()).toBe(text)
    expect(await cli('keyring', 'create', file)).toMatchObject({
      code: 1,
      err: `rightofway: the keyring ${file} cannot be created: it exists already, and is not replaced\n`,
    })
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(existsSync(`${file}.new`)).toBe(false)
  })
})
