import type { JsonWebKey } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import { type AdminOptions, adminCommand, withAdmin } from '../admin-client.js'
import { collect, durationArgument } from '../arguments.js'
import { clientKeys, type KeyOptions } from '../client-keys.js'
import { CliError, EXIT } from '../exit-codes.js'
import { moment, table } from '../table.js'
import type { Terminal } from '../terminal.js'
import { handOver, inSeconds, keysOf, makeKey, stateOf } from './keys.js'

const GRANT_TYPES: Readonly<Record<string, string>> = {
  'client-credentials': 'client_credentials',
  ciba: 'urn:openid:params:grant-type:ciba',
  'authorization-code': 'authorization_code',
  'jwt-bearer': 'urn:ietf:params:oauth:grant-type:jwt-bearer',
}

const nameOf = (grantType: string): string =>
  Object.entries(GRANT_TYPES).find(([, value]) => value === grantType)?.[0] ?? grantType

function collectGrants(type: string, before: readonly string[] = []): readonly string[] {
  if (type in GRANT_TYPES) return collect(type, before)
  throw new InvalidArgumentError(`It must be one of ${Object.keys(GRANT_TYPES).join(', ')}.`)
}

interface CreateOptions extends AdminOptions, KeyOptions {
  readonly grant?: readonly string[]
  readonly redirectUri?: readonly string[]
  readonly name?: string
  readonly scope?: readonly string[]
  readonly expires?: number
  readonly json?: boolean
}

interface NewClient {
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly privateKey?: JsonWebKey | undefined
}

function sheetOf({ clientId, clientSecret, privateKey }: NewClient): string {
  const lines = [`client id      ${clientId}`]
  if (clientSecret !== undefined) lines.push(`client secret  ${clientSecret}`)
  if (privateKey !== undefined) lines.push(`private key    ${JSON.stringify(privateKey)}`)
  return `${lines.join('\n')}\n`
}

/** `rightofway clients`: OAuth clients of the gateway's own authorization server. */
export function clientsCommand(terminal: Terminal): Command {
  const create = adminCommand('create')
    .description(
      'create an OAuth client for an application, and the application if it is new; its secret is shown only now',
    )
    .argument('<application>', 'name of the application')
    .addOption(
      new Option(
        '--grant <type>',
        'a grant type that the client may use; may be repeated (default: client-credentials)',
      )
        .choices(Object.keys(GRANT_TYPES))
        .argParser(collectGrants),
    )
    .option('--redirect-uri <url>', 'redirect URI for authorization-code; may be repeated', collect)
    .option('--private-key-jwt', 'the client signs instead of sending a secret; a new key is shown only now')
    .option('--jwks <file>', 'the client signs; its public keys: a JWK, a JWK set, or PEM')
    .option('--jwks-uri <url>', 'the client signs; where it publishes its public keys: https')
    .option('--name <text>', 'description of the client')
    .option('--scope <scope>', 'only this scope; may be repeated (default: all)', collect)
    .option('--expires <duration>', 'lifetime, such as 90d (default: no expiry)', durationArgument)
    .option('--json', 'as JSON')
    .action(
      async (application: string, { grant, redirectUri, name, scope, expires, json, ...options }: CreateOptions) => {
        const keys = clientKeys(options)
        await withAdmin(options, async (call) => {
          const { key, record } = await makeKey(call, application, {
            name,
            scopes: scope,
            expiresAt: expires === undefined ? undefined : inSeconds(expires),
            client: {
              grantTypes: (grant ?? ['client-credentials']).map((type) => GRANT_TYPES[type]),
              redirectUris: redirectUri ?? [],
              ...keys?.client,
            },
          })
          const client = { clientId: record.prefix, clientSecret: key, privateKey: keys?.privateKey }
          await handOver(terminal, call, record.prefix, json ? `${JSON.stringify(client)}\n` : sheetOf(client))
        })
      },
    )

  const list = adminCommand('list')
    .description('list OAuth clients')
    .argument('[application]', 'name of an application (default: all)')
    .option('--json', 'as JSON')
    .action(async (application: string | undefined, { json, ...options }: AdminOptions & { json?: boolean }) => {
      const keys = await withAdmin(options, (call) => keysOf(call, application))
      const clients = keys.filter(({ client }) => client !== undefined)
      if (json) return terminal.write(`${JSON.stringify(clients)}\n`)
      const rows = clients.map(({ prefix, application: of, name = '-', client, scopes, createdAt, ...key }) => [
        prefix,
        of,
        name,
        client?.grantTypes.map(nameOf).join(' ') ?? '',
        scopes?.join(' ') ?? 'all',
        moment(new Date(createdAt)),
        stateOf(key),
      ])
      const head = ['CLIENT', 'APPLICATION', 'NAME', 'GRANTS', 'SCOPES', 'MADE', 'STATE']
      terminal.write(table(terminal, head, rows, 'no clients'))
    })

  const revoke = adminCommand('revoke')
    .description('revoke a client: its tokens are refused immediately')
    .argument('<client>', 'its id')
    .action(async (client: string, options: AdminOptions) => {
      await withAdmin(options, (call) => call('DELETE', `/keys/${encodeURIComponent(client)}`))
      terminal.write(`${client} is revoked\n`)
    })

  const setKeys = adminCommand('set-keys')
    .description('replace the public keys of a client that signs: the old ones are refused immediately')
    .argument('<client>', 'its id')
    .option('--jwks <file>', 'a JWK, a JWK set, or PEM')
    .option('--jwks-uri <url>', 'where the client publishes its public keys: https')
    .action(async (client: string, options: AdminOptions & Omit<KeyOptions, 'privateKeyJwt'>) => {
      const keys = clientKeys(options)
      if (keys === undefined) throw new CliError('give --jwks or --jwks-uri', EXIT.usage)
      await withAdmin(options, (call) => call('PUT', `/keys/${encodeURIComponent(client)}/client-keys`, keys.client))
      terminal.write(`${client} has new keys\n`)
    })

  return new Command('clients').addCommand(create).addCommand(list).addCommand(setKeys).addCommand(revoke)
}
