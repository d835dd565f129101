import { Command, Option } from 'commander'
import { type AdminCall, type AdminOptions, adminCommand, listAll, withAdmin } from '../admin-client.js'
import { collect, durationArgument } from '../arguments.js'
import { CliError, EXIT } from '../exit-codes.js'
import { moment, table } from '../table.js'
import type { Terminal } from '../terminal.js'

interface Application {
  readonly id: string
  readonly name: string
}

export interface Key {
  /** The id of an OAuth client. */
  readonly prefix: string
  readonly name?: string
  readonly scopes?: readonly string[]
  readonly compatibility: string
  readonly client?: {
    readonly grantTypes: readonly string[]
    readonly redirectUris: readonly string[]
    readonly jwks?: object
    readonly jwksUri?: string
  }
  readonly createdAt: string
  readonly expiresAt?: string
  readonly revokedAt?: string
}

interface CreateOptions extends AdminOptions {
  readonly name?: string
  readonly scope?: readonly string[]
  readonly expires?: number
  readonly compatibility?: string
  readonly json?: boolean
}

/** `rightofway keys`: the keys of applications. */
export function keysCommand(terminal: Terminal): Command {
  const create = adminCommand('create')
    .description('create a key for an application, and the application if it is new; the key is shown only now')
    .argument('<application>', 'name of the application')
    .option('--name <text>', 'description of the key')
    .option('--scope <scope>', 'only this scope; may be repeated (default: all)', collect)
    .option('--expires <duration>', 'lifetime, such as 90d (default: no expiry)', durationArgument)
    .addOption(new Option('--compatibility <kind>', 'kind of client that will use it').choices(['camara', 'nokia']))
    .option('--json', 'the key and its record, as JSON')
    .action(async (name: string, { name: purpose, scope, expires, compatibility, json, ...options }: CreateOptions) => {
      await withAdmin(options, async (call) => {
        const made = await makeKey(call, name, {
          name: purpose,
          scopes: scope,
          expiresAt: expires === undefined ? undefined : inSeconds(expires),
          compatibility,
        })
        await handOver(terminal, call, made.record.prefix, json ? `${JSON.stringify(made)}\n` : `${made.key}\n`)
      })
    })

  const list = adminCommand('list')
    .description('list keys by their public part')
    .argument('[application]', 'name of an application (default: all)')
    .option('--json', 'as JSON')
    .action(async (name: string | undefined, { json, ...options }: AdminOptions & { json?: boolean }) => {
      const keys = await withAdmin(options, (call) => keysOf(call, name))
      if (json) return terminal.write(`${JSON.stringify(keys)}\n`)
      const rows = keys.map(({ prefix, application, name: purpose = '-', scopes, createdAt, ...key }) => [
        prefix,
        application,
        purpose,
        scopes?.join(' ') ?? 'all',
        moment(new Date(createdAt)),
        stateOf(key),
      ])
      terminal.write(table(terminal, ['KEY', 'APPLICATION', 'NAME', 'SCOPES', 'MADE', 'STATE'], rows, 'no keys'))
    })

  const revoke = adminCommand('revoke')
    .description('revoke a key: it is refused immediately')
    .argument('<key>', 'the key, or its public part as `keys list` shows it')
    .action(async (key: string, options: AdminOptions) => {
      const prefix = /^row_([0-9a-f]+)_/.exec(key)?.[1] ?? key
      await withAdmin(options, (call) => call('DELETE', `/keys/${encodeURIComponent(prefix)}`))
      terminal.write(`${prefix} is revoked\n`)
    })

  return new Command('keys').addCommand(create).addCommand(list).addCommand(revoke)
}

const applications = (call: AdminCall): Promise<Application[]> => listAll(call, '/applications', ({ id }) => id)

export const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString()

interface MadeKey {
  /** Absent: an OAuth client with keys of its own. */
  readonly key?: string
  readonly record: Key
}

/** Creates a key for the application of that name, and the application if it is new. */
export async function makeKey(call: AdminCall, name: string, key: object): Promise<MadeKey> {
  const { id } =
    (await applications(call)).find((known) => known.name === name) ??
    (await call<Application>('POST', '/applications', { name }))
  return call('POST', `/applications/${id}/keys`, key)
}

/** Shows a new key. If it cannot be written, it is revoked, because nobody has it. */
export async function handOver(terminal: Terminal, call: AdminCall, prefix: string, text: string): Promise<void> {
  try {
    await terminal.handOver(text)
  } catch (error) {
    await call('DELETE', `/keys/${encodeURIComponent(prefix)}`)
    throw error
  }
}

/** The keys of the applications of that name; of all without one. */
export async function keysOf(
  call: AdminCall,
  name: string | undefined,
): Promise<readonly (Key & { application: string })[]> {
  const known = await applications(call)
  const chosen = name === undefined ? known : known.filter((application) => application.name === name)
  if (chosen.length === 0 && name !== undefined) {
    throw new CliError(`there is no application named ${name}`, EXIT.notFound)
  }
  const lists = await Promise.all(
    chosen.map(async (application) =>
      (await listAll<Key>(call, `/applications/${application.id}/keys`, ({ prefix }) => prefix)).map((key) => ({
        ...key,
        application: application.name,
      })),
    ),
  )
  return lists.flat()
}

export function stateOf({ revokedAt, expiresAt }: Pick<Key, 'revokedAt' | 'expiresAt'>): string {
  if (revokedAt !== undefined) return `revoked ${moment(new Date(revokedAt))}`
  return expiresAt === undefined ? 'good' : `until ${moment(new Date(expiresAt))}`
}
