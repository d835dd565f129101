import { readFileSync } from 'node:fs'
import { NetworkAsCodeClient } from '@rightofway/sdk'
import { Command, Option } from 'commander'
import { CliError, EXIT } from './exit-codes.js'

export interface GatewayOptions {
  readonly url?: string
  readonly keyFile?: string
}

/** A command that calls a gateway as an application. The key is not an argument, because others can see arguments. */
export const gatewayCommand = (name: string): Command =>
  new Command(name)
    .addOption(new Option('--url <url>', 'the gateway (default: http://127.0.0.1:8080)').env('RIGHTOFWAY_URL'))
    .addOption(new Option('--key-file <file>', 'file with the application key (default: the key in RIGHTOFWAY_KEY)'))

/** @throws {CliError} there is no key */
export function clientOf({ url, keyFile }: GatewayOptions): NetworkAsCodeClient {
  const token = keyFile === undefined ? process.env['RIGHTOFWAY_KEY'] : readKey(keyFile)
  if (!token) {
    throw new CliError(
      'an application key is required: export RIGHTOFWAY_KEY=$(rightofway keys create my-app), or give a --key-file',
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

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new CliError(`the key cannot be read: ${(error as Error).message}`, EXIT.denied, { cause: error })
  }
}
