import { Command } from 'commander'
import { type AdminOptions, adminOptions, withAdmin } from '../admin-client.js'

/** `rightofway keyring`: the keys that secrets at rest are encrypted with. */
export function keyringCommand(): Command {
  const rotate = new Command('rotate')
    .description('put a new key on the keyring of a running gateway, and encrypt all secrets at rest with it')
    .action(async (options: AdminOptions) => {
      const { rewritten } = await withAdmin(options, (call) => call<{ rewritten: number }>('POST', '/keyring/rotate'))
      process.stdout.write(`a new key is in use; ${rewritten} secrets were encrypted anew\n`)
    })
  for (const option of adminOptions()) rotate.addOption(option)
  return new Command('keyring').description('the keys that secrets at rest are encrypted with').addCommand(rotate)
}
