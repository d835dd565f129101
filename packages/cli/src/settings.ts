// The gateway's settings as options of a command: one flag for each.

import { type Config, loadConfig, SETTINGS, type SettingsGiven } from '@rightofway/gateway'
import { Command, Option } from 'commander'

/** Reads the options that {@link settingsCommand} gave a command. */
export type ReadConfig = (options: Readonly<Record<string, string | undefined>>) => Config

/** The source of each setting, by the options that {@link settingsCommand} gave a command. */
export type ReadGiven = (options: Readonly<Record<string, string | undefined>>) => SettingsGiven

/** A command with one option for every setting of the gateway, and the function that reads them. */
export function settingsCommand(name: string): { command: Command; read: ReadConfig; given: ReadGiven } {
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
  const read: ReadConfig = ({ config: file, ...given }) => {
    const known = Object.entries(given).filter(([name]) => paths.has(name))
    return loadConfig({
      flags: Object.fromEntries(known.map(([name, value]) => [paths.get(name) as string, value])),
      env: process.env,
      file,
    })
  }
  const given: ReadGiven = ({ config: file, ...options }) => ({
    file,
    flags: Object.keys(options).flatMap((name) => paths.get(name) ?? []),
    env: SETTINGS.filter(({ env }) => process.env[env] !== undefined).map(({ path }) => path),
  })
  return { command, read, given }
}
