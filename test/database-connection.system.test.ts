// Messages for problems between a gateway and its database: TLS, poolers, permissions.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspectPostgres, migratePostgres, serveSimulator } from '@rightofway/gateway'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openPostgresStore } from '../packages/gateway/src/adapters/store-postgres/store.js'
import { createAuthority } from '../packages/gateway/test/support/certificates.js'
import { freePort } from '../packages/gateway/test/support/free-port.js'
import { startPostgres, type TestPostgres } from '../packages/gateway/test/support/postgres.js'
import { startGatewayProcess } from './gateway-process.js'
import { describeWith } from './parts.js'

const authority = createAuthority()
let dir: string
let ca: string
let postgres: TestPostgres

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-database-'))
  chmodSync(dir, 0o755)
  ca = join(dir, 'ca.pem')
  writeFileSync(ca, authority.cert)
  postgres = await startPostgres({ tls: authority.issue('127.0.0.1') })
})
afterAll(async () => {
  await postgres.close()
  rmSync(dir, { recursive: true })
})

const refusal = async (url: string): Promise<string> => {
  const error = await migratePostgres(url).then(
    () => new Error('it was let in'),
    (error: unknown) => error as Error,
  )
  return error.message
}

const CIPHERS = `SELECT count(*) AS plain FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
  WHERE application_name = 'rightofway tls' AND NOT ssl`

describe('TLS to the database', () => {
  it.each(['', '?sslmode=require', '?sslmode=verify-full&sslrootcert=CA', '?sslmode=verify-ca&sslrootcert=CA'])(
    'encrypts every connection of a gateway: %s',
    async (parameters) => {
      const url = await postgres.database()
      const store = await openPostgresStore({ url: url + parameters.replace('CA', ca), name: 'tls' })
      onTestFinished(() => store.close())
      expect(await postgres.query(url, CIPHERS)).toEqual([{ plain: '0' }])
    },
  )

  it('verifies the certificate, and a failure says what to do', async () => {
    const url = await postgres.database()
    const at = `the database at 127.0.0.1:${postgres.port} (store.url) cannot be used: `
    expect(await refusal(`${url}?sslmode=verify-full`)).toMatch(at)
    expect(await refusal(`${url}?sslmode=verify-full`)).toContain('set sslrootcert in store.url')
    const other = join(dir, 'other.pem')
    writeFileSync(other, createAuthority().cert)
    expect(await refusal(`${url}?sslmode=require&sslrootcert=${other}`)).toContain('set sslrootcert in store.url')
    // The certificate names the address.
    const named = url.replace('127.0.0.1', 'localhost')
    expect(await refusal(`${named}?sslmode=verify-full&sslrootcert=${ca}`)).toContain('sslmode=verify-ca')
    expect(await refusal(`${named}?sslmode=verify-ca&sslrootcert=${ca}`)).toBe('it was let in')
  })
})

describe('plain text to a database on another machine', () => {
  /** An address of this machine that is not loopback. */
  const elsewhere = (url: string) => url.replace('@127.0.0.1:', '@0.0.0.0:')

  /** A configuration with a network that several gateways can share. */
  async function sharedNetworkFile(): Promise<string> {
    const simulator = await serveSimulator({
      file: ':memory:',
      port: 0,
      capacity: { downlinkBps: 10_000_000, uplinkBps: 10_000_000 },
    })
    onTestFinished(() => simulator.close())
    const file = join(dir, 'shared-network.yaml')
    writeFileSync(file, `networks: [{ kind: simulator, id: simulator, url: "${simulator.url}" }]\n`)
    return file
  }

  const warned = async (url: string): Promise<string[]> => {
    const hosts: string[] = []
    const store = await openPostgresStore({ url, name: 'warned', onPlainText: (host) => hosts.push(host) })
    await store.close()
    return hosts
  }

  it('is a warning at the start, in the log and of `doctor`, that names the host and says what to do', async () => {
    const url = `${elsewhere(await postgres.database())}?sslmode=disable`
    const gateway = await startGatewayProcess({
      dataDir: join(dir, 'warned'),
      flags: ['--config', await sharedNetworkFile(), '--public-url', 'http://localhost'],
      env: { RIGHTOFWAY_STORE_URL: url, RIGHTOFWAY_KEYRING_KEYS: randomBytes(32).toString('base64') },
    })
    onTestFinished(() => gateway.signal('SIGKILL'))
    const host = `0.0.0.0:${postgres.port}`
    const says =
      `the connection to the database at ${host} is not encrypted: others on the network path can read passwords ` +
      'and sessions'
    const advice = 'enable TLS in the database, and set sslmode=verify-full in store.url'
    const lines = gateway.output.split('\n').filter((line) => line.includes('is not encrypted'))
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([expect.objectContaining({ msg: says, advice })])
    expect(lines[0]).not.toContain('postgres:postgres')
    expect((await inspectPostgres(url)).plainTextHosts).toEqual([host])
  })

  it('is no warning where it is encrypted, or stays on this machine', async () => {
    const url = await postgres.database()
    expect(await warned(elsewhere(url))).toEqual([])
    expect(await warned(`${elsewhere(url)}?sslmode=require`)).toEqual([])
    expect(await warned(`${url}?sslmode=disable`)).toEqual([])
    expect(await warned(`${url.replace('@127.0.0.1:', '@localhost:')}?sslmode=disable`)).toEqual([])
  })

  it('is a warning where no sslmode was named, and the database has no TLS', async () => {
    const plain = await startPostgres()
    onTestFinished(() => plain.close())
    expect(await warned(elsewhere(await plain.database()))).toEqual([`0.0.0.0:${plain.port}`])
  })
})

describe('a user without the rights', () => {
  it('is reported, with the host, the setting and what to grant', async () => {
    const url = await postgres.database()
    await postgres.query(url, "CREATE ROLE weak LOGIN PASSWORD 'weak'; REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    const said = await refusal(url.replace('postgres:postgres@', 'weak:weak@'))
    expect(said).toBe(
      `the database at 127.0.0.1:${postgres.port} (store.url) cannot be used: permission denied for schema public. What ` +
        'to do: its user must own the database, or be granted CREATE on the database and on its schema public',
    )
    expect(await refusal(url.replace('postgres:postgres@', 'weak:wrong@'))).toContain('user and password in store.url')
  })
})

describe('a database that takes no writes', () => {
  it('is reported, with the host, the setting and what to do', async () => {
    const url = await postgres.database()
    await postgres.query(
      url,
      `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET default_transaction_read_only = on`,
    )
    const said = await refusal(url)
    expect(said).toContain(`the database at 127.0.0.1:${postgres.port} (store.url) cannot be used: `)
    expect(said).toContain('use the primary in store.url, and check that default_transaction_read_only is off')
  })
})

describe('the connections of a gateway', () => {
  it('are as many as in docs/operate/postgresql.md', async () => {
    const url = await postgres.database()
    const store = await openPostgresStore({ url, name: 'counted' })
    onTestFinished(() => store.close())
    const count = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'rightofway counted'"
    expect(await postgres.query(url, count)).toEqual([{ n: 9 }])
  })
})

/** A pooler in front of the database, until the test is over. @returns the connection string */
async function startPgBouncer(url: string, mode: string): Promise<string> {
  const port = await freePort()
  const { pathname } = new URL(url)
  const config = join(dir, `pgbouncer-${port}.ini`)
  writeFileSync(
    config,
    [
      '[databases]',
      `* = host=127.0.0.1 port=${postgres.port} user=postgres password=postgres`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      `pool_mode = ${mode}`,
    ].join('\n'),
  )
  const asUser = process.getuid?.() === 0 ? ['-u', 'postgres'] : []
  const pgbouncer = spawn('pgbouncer', [...asUser, config], { stdio: 'ignore' })
  onTestFinished(async () => {
    pgbouncer.kill('SIGKILL')
    await once(pgbouncer, 'exit')
  })
  await expect.poll(() => accepts(port), { timeout: 30_000 }).toBe(true)
  return `postgresql://postgres:postgres@127.0.0.1:${port}${pathname}`
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

describeWith(['pgbouncer'], 'PgBouncer', () => {
  it('in transaction mode is refused, with a message that names it', async () => {
    const url = await startPgBouncer(await postgres.database(), 'transaction')
    expect(await refusal(url)).toContain(
      '(store.url) cannot be used: a pooler in transaction mode is in front of it, but a gateway needs its',
    )
    await expect(openPostgresStore({ url, name: 'pooled' })).rejects.toThrow('a pooler in transaction mode')
  })

  it('in session mode works as without one', async () => {
    const url = await startPgBouncer(await postgres.database(), 'session')
    const store = await openPostgresStore({ url, name: 'pooled' })
    await store.ping()
    await store.close()
    expect((await inspectPostgres(url)).sessions).toBe(0)
  })
})
