import { readFileSync } from 'node:fs'
import { NetworkAsCodeClient, type OAuthOptions } from '@rightofway/sdk'
import { Command, Option } from 'commander'
import { CliError, EXIT } from './exit-codes.js'

export interface GatewayOptions {
  readonly url?: string
  readonly keyFile?: string
  readonly oauthFile?: string
}

const DEFAULT_URL = 'http://127.0.0.1:8080'

/** A command that calls a gateway as an application. Credentials are no arguments: other users can see arguments. */
export const gatewayCommand = (name: string): Command =>
  new Command(name)
    .addOption(new Option('--url <url>', `the gateway (default: ${DEFAULT_URL})`).env('RIGHTOFWAY_URL'))
    .addOption(new Option('--key-file <file>', 'file with the application key (default: the key in RIGHTOFWAY_KEY)'))
    .addOption(
      new Option(
        '--oauth-file <file>',
        'file with an OAuth client, as `clients create --json` prints it; a --key-file goes before it',
      ).env('RIGHTOFWAY_OAUTH_FILE'),
    )

/** @throws {CliError} there is no key and no client */
export function clientOf({ url, keyFile, oauthFile }: GatewayOptions): NetworkAsCodeClient {
  if (oauthFile !== undefined && keyFile === undefined) {
    return new NetworkAsCodeClient({ oauth: readClient(oauthFile, url ?? DEFAULT_URL), baseUrl: url, fetch: ask })
  }
  const token = keyFile === undefined ? process.env['RIGHTOFWAY_KEY'] : readSecret('the key', keyFile)
  if (!token) {
    throw new CliError(
      'an application key is required: export RIGHTOFWAY_KEY=$(rightofway keys create my-app), or give a --key-file ' +
        'or an --oauth-file',
      EXIT.denied,
    )
  }
  return new NetworkAsCodeClient({ token, baseUrl: url, fetch: ask })
}

let asked: string | undefined

/** The URL of the last request, for messages. */
export const lastAsked = (): string | undefined => asked

const ask: typeof fetch = (input, init) => {
  asked = String(input)
  return fetch(input, init)
}

/** The token endpoint is by default that of the gateway. */
function readClient(file: string, url: string): OAuthOptions {
  const text = readSecret('the OAuth client', file)
  let client: Partial<OAuthOptions> | null
  try {
    client = JSON.parse(text) as typeof client
  } catch {
    client = null
  }
  if (typeof client?.clientId !== 'string') {
    throw new CliError(
      `${file} must be a JSON object with clientId, and clientSecret or privateKey, as \`clients create --json\` prints it`,
      EXIT.usage,
    )
  }
  return { tokenUrl: `${url.replace(/\/+$/, '')}/oauth2/token`, ...client, clientId: client.clientId }
}

function readSecret(what: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new CliError(`${what} cannot be read: ${(error as Error).message}`, EXIT.denied, { cause: error })
  }
}
