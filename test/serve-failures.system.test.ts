// Failures of `rightofway serve`: the messages, the end of the process, and that no data is damaged.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspectStore, type StoreReport } from '@rightofway/gateway'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { UNLIMITED } from '../chaos/unlimited.js'
import { CLI, type GatewayProcess, type GatewayProcessOptions, startGatewayProcess } from './gateway-process.js'
import { describeWith } from './parts.js'

const SESSIONS = '/quality-on-demand/v1/sessions'
const FLAGS = ['--directory-kind', 'open', '--directory-prefixes', '10.0.0.0/8', ...UNLIMITED]

let dir: string
let dataDir: string
let undo: (() => unknown)[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-failures-'))
  dataDir = join(dir, 'data')
  undo = [() => rmSync(dir, { recursive: true, force: true })]
})
afterEach(async () => {
  for (const step of undo.reverse()) await step()
})

async function serve(options: Partial<GatewayProcessOptions> = {}): Promise<GatewayProcess> {
  const gateway = await startGatewayProcess({ dataDir, ...options, flags: [...FLAGS, ...(options.flags ?? [])] })
  undo.push(() => gateway.signal('SIGKILL'))
  return gateway
}

/** Starts a gateway that cannot start. @returns its output without the log; it has exited with `code` */
async function refusal(code: number, options: Partial<GatewayProcessOptions> = {}): Promise<string> {
  const started = await serve(options).catch((error: unknown) => error as Error)
  if (!(started instanceof Error)) throw new Error('the gateway started')
  const [, ended, said = ''] = /^the gateway did not start \((\w+)\): ([\s\S]*)$/.exec(started.message) ?? []
  expect(ended).toBe(String(code))
  return said.replaceAll(/^\{.*\}\n/gm, '')
}

interface Application {
  /** @param duration seconds; default: an hour */
  create(
    device: number,
    duration?: number,
  ): Promise<{ status: number; body: { sessionId: string; code?: string; message?: string } }>
  read(id: string): Promise<number>
}

const application = ({ url }: GatewayProcess, key: string): Application => ({
  async create(device, duration = 3600) {
    const address = `10.0.${device >> 8}.${device & 255}`
    const answer = await request(url + SESSIONS, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        device: { ipv4Address: { publicAddress: address, privateAddress: address } },
        applicationServer: { ipv4Address: '198.51.100.7' },
        qosProfile: 'QOS_E',
        duration,
      }),
    })
    return { status: answer.statusCode, body: (await answer.body.json()) as { sessionId: string } }
  },
  async read(id) {
    const answer = await request(`${url}${SESSIONS}/${id}`, { headers: { authorization: `Bearer ${key}` } })
    await answer.body.dump()
    return answer.statusCode
  },
})

const readiness = async ({ url }: GatewayProcess) => {
  const answer = await request(`${url}/readyz`)
  return { status: answer.statusCode, body: await answer.body.json() }
}
const warnings = ['the network simulator is simulated: it grants sessions, but does not treat packets']
const READY = { status: 200, body: { ready: true, problems: [], warnings } }
const unready = (problem: string) => ({ status: 503, body: { ready: false, problems: [problem], warnings } })

/** The data folder of a stopped gateway with one live session. */
async function stopped(): Promise<{ key: string; sessionId: string }> {
  const gateway = await serve()
  const key = await gateway.newKey()
  const { body } = await application(gateway, key).create(1)
  await gateway.signal('SIGTERM')
  return { key, sessionId: body.sessionId }
}

async function expectWhole({ key, sessionId }: { key: string; sessionId: string }, options = {}): Promise<void> {
  const gateway = await serve(options)
  expect(await application(gateway, key).read(sessionId)).toBe(200)
  expect(await readiness(gateway)).toEqual(READY)
  await gateway.signal('SIGTERM')
  expect(inspectStore(join(dataDir, 'store.db')).damage).toEqual([])
}

/** Runs `serve` with these flags alone, and waits for its end. */
async function serveAlone(flags: readonly string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [CLI, 'serve', ...flags])
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

describe('a configuration that cannot be used', () => {
  it.each([
    [
      'not YAML',
      'listen:\n  port: 8080\n host: ::1\n',
      (file: string) => `the configuration ${file} cannot be read: line 3, column 1: bad indent`,
    ],
    [
      'a value of another type',
      'log:\n  level: info\nlisten:\n  port: eighty\n',
      (file: string) => `listen.port must be a whole number (${file}, line 4)\n`,
    ],
    [
      'a value that is not allowed',
      'sessions:\n  maxDuration: 100000\n',
      (file: string) => `sessions.maxDuration must be at most 86400 (${file}, line 2)\n`,
    ],
    [
      'a slip in a name',
      'sessions:\n  maxDurations: 60\n',
      (file: string) =>
        'sessions.maxDurations is not a known member; allowed are maxDuration, conflicts, setUpTimeout, ' +
        `createHoldMs, extendHoldMs; did you mean maxDuration? (${file}, line 2)\n`,
    ],
  ])('is refused before anything is touched, with file, line and what is allowed: %s', async (_what, text, said) => {
    const file = join(dir, 'gateway.yaml')
    writeFileSync(file, text)
    // All other starts here have a flag for the port, which would override the file.
    const ended = await serveAlone(['--sandbox', '--config', file, '--data-dir', dataDir])
    expect(ended.code).toBe(1)
    expect(ended.said.startsWith(`rightofway: ${said(file)}`)).toBe(true)
    expect(existsSync(dataDir)).toBe(false)
  })
})

describe('a port in use', () => {
  it('is named, with what to do; the store is unchanged', async () => {
    const before = await stopped()
    const other = createServer().listen(0, '127.0.0.1')
    undo.push(() => other.close())
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    expect(await refusal(1, { port })).toBe(
      `rightofway: port ${port} of 127.0.0.1 is in use by another program. Stop that program, or set ` +
        'listen.port to another port, or to 0 for any free port.\n',
    )
    await expectWhole(before)
  })
})

describe('a keyring', () => {
  it('of another length is refused, and not replaced', async () => {
    const before = await stopped()
    const file = join(dataDir, 'keyring')
    const good = readFileSync(file)
    writeFileSync(file, 'c2hvcnQ=\n')
    expect(await refusal(1)).toBe(
      `rightofway: the keyring ${file} cannot be used: key 1 of the keyring is not 32 bytes in base64\n`,
    )
    expect(readFileSync(file, 'utf8')).toBe('c2hvcnQ=\n')
    writeFileSync(file, good)
    await expectWhole(before)
  })

  it('that is missing is reported in /readyz, and not replaced: sessions are kept, it can be restored', async () => {
    const before = await stopped()
    const file = join(dataDir, 'keyring')
    const good = readFileSync(file)
    rmSync(file)
    const gateway = await serve()
    expect(await readiness(gateway)).toEqual(unready('there is no keyring, but the store has secrets that need one'))
    await gateway.signal('SIGTERM')
    expect(existsSync(file)).toBe(false)
    writeFileSync(file, good, { mode: 0o600 })
    await expectWhole(before)
  })
})

describeWith(['root'], 'a keyring of somebody else', () => {
  it('is refused, and not changed', async () => {
    const before = await stopped()
    const file = join(dataDir, 'keyring')
    const good = readFileSync(file)
    execFileSync('chmod', ['000', file])
    // Root can read every file, unless it lacks the capability.
    const enter = (argv: readonly string[]) => ['setpriv', '--bounding-set=-dac_override,-dac_read_search', ...argv]
    expect(await refusal(1, { enter })).toBe(
      `rightofway: the keyring ${file} cannot be used: EACCES: permission denied, open '${file}'. It must be ` +
        'readable for the user of the gateway, and for no other user.\n',
    )
    expect(readFileSync(file)).toEqual(good)
    await expectWhole(before)
  })
})

describe('a store that is damaged', () => {
  it.each([
    [
      'not a database',
      (file: string) => writeFileSync(file, 'not a database, and long enough to have a header. '.repeat(99)),
      'file is not a database',
    ],
    ['cut short', (file: string) => truncateSync(file, 20_000), 'database disk image is malformed'],
  ])('is refused and kept as it is, and a backup takes its place: %s', async (_what, damage, reason) => {
    const before = await stopped()
    const file = join(dataDir, 'store.db')
    const backup = join(dir, 'backup.db')
    copyFileSync(file, backup)
    damage(file)
    const damaged = readFileSync(file)
    expect(await refusal(1)).toBe(
      `rightofway: the store ${file} cannot be opened: ${reason}. It is damaged, or not a store. Nothing was ` +
        'changed: keep it, and restore a backup with `rightofway restore` (docs/operate/operations.md).\n',
    )
    expect(readFileSync(file).equals(damaged)).toBe(true)
    copyFileSync(backup, file)
    await expectWhole(before)
  })
})

/** A small disk in a private mount namespace: it exists as long as the process that holds it. */
class Disk {
  readonly #holder: ChildProcess
  readonly #at: string

  private constructor(holder: ChildProcess, at: string) {
    this.#holder = holder
    this.#at = at
  }

  static async mount(at: string, mount: string): Promise<Disk> {
    mkdirSync(at)
    const holder = spawn('unshare', [
      '--mount',
      'sh',
      '-c',
      `${mount} && chmod 700 "$0" && echo mounted && exec sleep infinity`,
      at,
    ])
    undo.push(async () => {
      const gone = once(holder, 'exit')
      holder.kill('SIGKILL')
      await gone
    })
    const [said] = (await Promise.race([once(holder.stdout, 'data'), once(holder.stderr, 'data')])) as [Buffer]
    expect(String(said)).toBe('mounted\n')
    return new Disk(holder, at)
  }

  /** The command line that runs `argv` in that namespace. */
  readonly enter = (argv: readonly string[]): readonly string[] => [
    'nsenter',
    `--mount=/proc/${this.#holder.pid}/ns/mnt`,
    ...argv,
  ]

  run(...argv: string[]): void {
    const [command = '', ...args] = this.enter(argv)
    execFileSync(command, args, { stdio: 'ignore' })
  }

  /** Path of one of its files, for this process. */
  path(name: string): string {
    return `/proc/${this.#holder.pid}/root${join(this.#at, name)}`
  }

  /** Fills it completely. */
  fill(): void {
    const file = openSync(this.path('ballast'), 'a')
    try {
      for (let size = 65_536; size >= 512; size /= 2) {
        while (this.#takes(file, size));
      }
    } finally {
      closeSync(file)
    }
  }

  #takes(file: number, size: number): boolean {
    try {
      return writeSync(file, Buffer.alloc(size)) > 0
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' })
      return false
    }
  }

  /** Reads the store after its gateway has closed it. SQLite cannot follow the path above, so this reads a copy. */
  inspect(): StoreReport {
    const copy = join(dir, 'copy.db')
    copyFileSync(this.path('store.db'), copy)
    return inspectStore(copy)
  }

  empty(): void {
    rmSync(this.path('ballast'))
  }
}

const LATER = {
  status: 503,
  body: { status: 503, code: 'UNAVAILABLE', message: 'The gateway cannot serve this request now: try again later.' },
}

describeWith(['root', 'namespaces'], 'a disk that is full', () => {
  const tmpfs = 'mount -t tmpfs -o size=3m tmpfs "$0"'
  const options = (disk: Disk) => ({ enter: disk.enter, flags: ['--admin-socket', join(dir, 'admin.sock')] })

  /** Creates sessions until the disk is full. @returns the acknowledged ones */
  async function fillUp(disk: Disk, gateway: GatewayProcess, key: string, duration?: number): Promise<string[]> {
    const app = application(gateway, key)
    const answered: string[] = []
    const refused: unknown[] = []
    let device = 0
    const client = async () => {
      while (refused.length === 0) {
        const { status, body } = await app.create(++device, duration)
        if (status === 201) answered.push(body.sessionId)
        else refused.push({ status, body })
      }
    }
    // The acknowledged sessions fill it.
    writeFileSync(disk.path('ballast'), Buffer.alloc(1_500_000))
    await Promise.all([client(), client(), client(), client()])
    expect(answered.length).toBeGreaterThan(0)
    for (const refusal of refused) expect(refusal).toEqual(LATER)
    // Refused writes leave some space, which the probe of readiness uses.
    disk.fill()
    while ((await readiness(gateway)).status === 200);
    return answered
  }

  it('is answered with 503 while it is full, loses no acknowledged session, and needs no restart', async () => {
    const disk = await Disk.mount(dataDir, tmpfs)
    const gateway = await serve(options(disk))
    const key = await gateway.newKey()
    const app = application(gateway, key)
    const answered = await fillUp(disk, gateway, key)
    expect(await readiness(gateway)).toEqual(unready('the database cannot be written: database or disk is full'))
    expect(await app.create(60_000)).toEqual(LATER)
    for (const id of answered) expect(await app.read(id)).toBe(200)

    disk.empty()
    expect((await app.create(60_001)).status).toBe(201)
    expect(await readiness(gateway)).toEqual(READY)
    await gateway.signal('SIGTERM')
    expect(gateway.process.exitCode).toBe(0)
    expect(disk.inspect()).toMatchObject({ damage: [], sessions: answered.length + 1 })
  })

  it('lets sessions end while it is full, without a flood in the log, sends events when there is space', async () => {
    const disk = await Disk.mount(dataDir, tmpfs)
    const gateway = await serve(options(disk))
    const key = await gateway.newKey()
    const answered = await fillUp(disk, gateway, key, 5)
    // All of them have ended by now, and no end could be written.
    await expect.poll(() => gateway.output, { timeout: 60_000 }).toContain('the simulated network could not act')
    await expect.poll(() => gateway.output, { timeout: 60_000 }).toContain('a timer could not be fired')
    for (let look = 0; look < 20; look++) expect((await readiness(gateway)).status).toBe(503)
    expect(gateway.process.exitCode).toBeNull()
    expect(gateway.output.split('\n').length).toBeLessThan(30)

    disk.empty()
    const last = answered.at(-1) as string
    const status = async () => (await gateway.admin<{ qosStatus: string }>('GET', `/sessions/${last}`)).qosStatus
    await expect.poll(status, { timeout: 60_000 }).toBe('UNAVAILABLE')
    expect(await readiness(gateway)).toEqual(READY)
    await gateway.signal('SIGTERM')
    expect(gateway.process.exitCode).toBe(0)
  })

  it('loses no acknowledged session of a gateway that is killed on it', async () => {
    const disk = await Disk.mount(dataDir, tmpfs)
    const gateway = await serve(options(disk))
    const key = await gateway.newKey()
    const answered = await fillUp(disk, gateway, key)
    await gateway.signal('SIGKILL')
    disk.empty()
    const again = await serve(options(disk))
    for (const id of answered) expect(await application(again, key).read(id)).toBe(200)
    expect(await readiness(again)).toEqual(READY)
    await again.signal('SIGTERM')
    expect(disk.inspect()).toMatchObject({ damage: [], sessions: answered.length })
  })

  it('prevents the first start of a gateway, which starts when there is space', async () => {
    const disk = await Disk.mount(dataDir, tmpfs)
    disk.fill()
    expect(await refusal(1, options(disk))).toBe(
      `rightofway: the store ${join(dataDir, 'store.db')} cannot be opened: database or disk is full. Nothing is ` +
        'lost: free space on its disk, and start again.\n',
    )
    disk.empty()
    expect(await readiness(await serve(options(disk)))).toEqual(READY)
  })
})

describeWith(['root', 'loop', 'namespaces'], 'a disk that turns read-only while the gateway runs', () => {
  it('is answered with 503, and no acknowledged session is lost', async () => {
    const image = join(dir, 'disk.img')
    writeFileSync(image, '')
    truncateSync(image, 64 * 1024 * 1024)
    execFileSync('mkfs.ext4', ['-q', '-F', image])
    const disk = await Disk.mount(dataDir, `mount -o loop,errors=remount-ro '${image}' "$0"`)
    const options = { enter: disk.enter, flags: ['--admin-socket', join(dir, 'admin.sock')] }
    const gateway = await serve(options)
    const key = await gateway.newKey()
    const app = application(gateway, key)
    const { sessionId } = (await app.create(1)).body

    // Like the kernel when a disk fails.
    disk.run('mount', '-o', 'remount,abort', dataDir)
    expect(await app.create(2)).toEqual(LATER)
    expect(await readiness(gateway)).toEqual(unready('the database cannot be written: disk I/O error'))
    expect(await app.read(sessionId)).toBe(200)
    await gateway.signal('SIGTERM')
    expect(gateway.process.exitCode).toBe(0)
    expect(await refusal(1, options)).toBe(
      `rightofway: the store ${join(dataDir, 'store.db')} cannot be opened: attempt to write a readonly database. ` +
        'It must be a file of this gateway in an existing folder, and both must be writable for the user of the ' +
        'gateway.\n',
    )

    disk.run('umount', dataDir)
    // It exits with 1 when it has repaired something, as it must here.
    execFileSync('sh', ['-c', `e2fsck -fy '${image}' >/dev/null 2>&1 || [ $? -le 1 ]`])
    disk.run('mount', '-o', 'loop', image, dataDir)
    const again = await serve(options)
    expect(await application(again, key).read(sessionId)).toBe(200)
    expect(await readiness(again)).toEqual(READY)
    await again.signal('SIGTERM')
    expect(disk.inspect().damage).toEqual([])
  })
})
