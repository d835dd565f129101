import { Command } from 'commander'
import { type AdminOptions, adminOptions, withAdmin } from '../admin-client.js'

interface Application {
  id: string
  name: string
}

/** `rightofway keys`: the keys of applications. */
export function keysCommand(): Command {
  const create = new Command('create')
    .description('make a key for an application, which is added if there is none of that name')
    .argument('<application>', 'name of the application')
    .action(async (name: string, options: AdminOptions) => {
      await withAdmin(options, async (call) => {
        const known = (await call<Application[]>('GET', '/applications')).find(
          (application) => application.name === name,
        )
        const { id } = known ?? (await call<Application>('POST', '/applications', { name }))
        const { key } = await call<{ key: string }>('POST', `/applications/${id}/keys`, {})
        process.stdout.write(`${key}\n`)
      })
    })
  for (const option of adminOptions()) create.addOption(option)
  return new Command('keys').description('keys of applications').addCommand(create)
}
