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
  return new Command('keyring').addCommand(rotate)
}
