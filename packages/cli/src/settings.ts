// The gateway's settings as options of a command: one flag for each.

import { type Config, loadConfig, SETTINGS, type SettingsGiven } from '@rightofway/gateway'
import { Command, Option } from 'commander'

/** Reads the options that {@link settingsCommand} gave a command. */
export type ReadConfig = (options: Readonly<Record<string, string | undefined>>) => Config

/** The source of each setting, by the options that {@link settingsCommand} gave a command. */
export type ReadGiven = (options: Readonly<Record<string, string | undefined>>) => SettingsGiven

/** The settings that the options of a command give, as they were written, by their paths. */
export type ReadFlags = (options: Readonly<Record<string, unknown>>) => ReadonlyMap<string, string>

/**
 * A command with one option for every setting of the gateway, and the function that reads them.
 * @param toStart whether it reads the settings for a start, with the files that they name
 */
export function settingsCommand(
  name: string,
  { toStart = false } = {},
): {
  command: Command
  read: ReadConfig
  given: ReadGiven
  flags: ReadFlags
} {
  const command = new Command(name).addOption(
    new Option('--config <file>', 'YAML file with settings').env('RIGHTOFWAY_CONFIG'),
  )
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
  const flags: ReadFlags = (options) =>
    new Map(
      Object.entries(options).flatMap(([name, value]) => {
        const path = paths.get(name)
        return path === undefined || value === undefined ? [] : [[path, String(value)]]
      }),
    )
  const read: ReadConfig = (options) =>
    loadConfig({ flags: Object.fromEntries(flags(options)), env: process.env, file: options['config'], toStart })
  const given: ReadGiven = ({ config: file, ...options }) => ({
    file,
    flags: Object.keys(options).flatMap((name) => paths.get(name) ?? []),
    env: SETTINGS.filter(({ env }) => process.env[env] !== undefined).map(({ path }) => path),
  })
  return { command, read, given, flags }
}
