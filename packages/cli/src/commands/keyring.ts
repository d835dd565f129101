import { Command } from 'commander'
import { type AdminOptions, adminCommand, withAdmin } from '../admin-client.js'
import type { Terminal } from '../terminal.js'

/** `rightofway keyring`: the keys that encrypt stored secrets. */
export function keyringCommand(terminal: Terminal): Command {
  const rotate = adminCommand('rotate')
    .description('add a new key to the keyring of a running gateway, and encrypt all stored secrets with it')
    .action(async (options: AdminOptions) => {
      const { rewritten } = await withAdmin(options, (call) => call<{ rewritten: number }>('POST', '/keyring/rotate'))
      terminal.write(`a new key is in use; ${rewritten} secrets were encrypted with it\n`)
    })
  const create = new Command('create')
    .description('write a new keyring, for gateways that share a store: give the same file to each of them')
    .argument('<file>', 'file to write; it must not exist')
    .action(async (file: string) => {
      const { createKeyring } = await import('@rightofway/gateway')
      await createKeyring(file)
      terminal.write(
        `${file} is written, readable for its user alone. Give the same file to every gateway of the store as ` +
          'keyring.file, and keep a copy in another place than backups: without it no stored secret can be decrypted.\n',
      )
    })
  return new Command('keyring').addCommand(create).addCommand(rotate)
}
