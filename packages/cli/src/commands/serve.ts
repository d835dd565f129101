import { loadConfig, SETTINGS, startGateway } from '@rightofway/gateway'
import { Command, Option } from 'commander'

/** `rightofway serve`: one flag for every setting. */
export function serveCommand(): Command {
  const command = new Command('serve')
    .description('run a gateway')
    .addOption(new Option('--config <file>', 'YAML file with settings').env('RIGHTOFWAY_CONFIG'))
  const paths = new Map<string, string>()
  for (const { flag, path, type, fallback, description, choices } of SETTINGS) {
    const value =
      type === 'boolean' ? '[true|false]' : type === 'list' ? '<a,b,...>' : type === 'integer' ? '<n>' : '<text>'
    const suffix = fallback === undefined || String(fallback) === '' ? '' : ` (default: ${String(fallback)})`
    const option = new Option(`${flag} ${value}`, `${description}${suffix}`)
    if (type === 'boolean') option.preset('true')
    if (choices !== undefined && type === 'string') option.choices(choices)
    paths.set(option.attributeName(), path)
    command.addOption(option)
  }
  return command.action(async (options: Record<string, string | undefined>) => {
    const { config: file, ...given } = options
    const flags = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [paths.get(name) as string, value] as const),
    )
    const gateway = await startGateway(loadConfig({ flags, env: process.env, file }))
    const stop = () => {
      // A second signal means it: the default action of signals is back.
      process.off('SIGINT', stop).off('SIGTERM', stop)
      void gateway.close()
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
    process.send?.({ url: gateway.url, adminSocket: gateway.adminSocket })
  })
}
