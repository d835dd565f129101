import { Command } from 'commander'
import { type AdminOptions, adminCommand, withAdmin } from '../admin-client.js'
import type { Terminal } from '../terminal.js'

/** `rightofway keyring`: the keys that secrets at rest are encrypted with. */
export function keyringCommand(terminal: Terminal): Command {
  const rotate = adminCommand('rotate')
    .description('put a new key on the keyring of a running gateway, and encrypt all secrets at rest with it')
    .action(async (options: AdminOptions) => {
      const { rewritten } = await withAdmin(options, (call) => call<{ rewritten: number }>('POST', '/keyring/rotate'))
      terminal.write(`a new key is in use; ${rewritten} secrets were encrypted anew\n`)
    })
  return new Command('keyring').description('the keys that secrets at rest are encrypted with').addCommand(rotate)
}
