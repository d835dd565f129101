// A configuration file for people: each setting below its description.

import { SETTINGS, type Setting } from '@rightofway/gateway'

/** A network, as it is written under `networks`. */
export type NetworkEntry = Readonly<Record<string, unknown>>

export interface ConfigText {
  /** Values by {@link Setting.path}. */
  readonly values: ReadonlyMap<string, unknown>
  readonly networks: readonly NetworkEntry[]
  /** Whether other settings are included as comments with their defaults. */
  readonly all: boolean
}

interface Group {
  readonly settings: Setting[]
  readonly groups: Map<string, Group>
}

const WIDTH = 100
const PLAIN = /^[A-Za-z/][\w./+-]*$/
/** Plain words that YAML does not read as text. */
const NO_TEXT = /^(true|false|null|yes|no|on|off)$/i

/** The file, as YAML. */
export function configText({ values, networks, all }: ConfigText): string {
  const isGiven = ({ path }: Setting) => values.has(path)
  const tree: Group = { settings: [], groups: new Map() }
  for (const setting of SETTINGS) {
    if (!all && !isGiven(setting)) continue
    const names = setting.path.split('.').slice(0, -1)
    let group = tree
    for (const name of names) {
      const next = group.groups.get(name) ?? { settings: [], groups: new Map() }
      group.groups.set(name, next)
      group = next
    }
    group.settings.push(setting)
  }
  // A disabled setting is `#name: value`, valid without the mark. Prose has a space after the mark.
  const lines = (group: Group, indent: string): string[] => [
    ...group.settings.flatMap((setting) => [
      ...comment(setting.description, indent),
      `${indent}${isGiven(setting) ? '' : '#'}${nameOf(setting)}:${valueText(setting, values)}`,
    ]),
    ...[...group.groups].flatMap(([name, child]) => [
      `${indent}${anyGiven(child, isGiven) ? '' : '#'}${name}:`,
      ...lines(child, `${indent}  `),
    ]),
  ]
  const parts = [
    '# The configuration of a Right of Way gateway. docs/reference/configuration.md explains every setting.',
    '# `rightofway doctor --config FILE` checks it.',
    '',
    ...lines(tree, ''),
    ...comment('The networks that sessions are asked of. The first whose `devices` contain a device has it.', ''),
    'networks:',
    ...networks.flatMap((network) => listItem(network, '  ')),
  ]
  return `${parts.join('\n')}\n`
}

const anyGiven = (group: Group, isGiven: (setting: Setting) => boolean): boolean =>
  group.settings.some(isGiven) || [...group.groups.values()].some((child) => anyGiven(child, isGiven))

const nameOf = ({ path }: Setting): string => path.slice(path.lastIndexOf('.') + 1)

function valueText({ path, fallback }: Setting, values: ReadonlyMap<string, unknown>): string {
  const value = values.has(path) ? values.get(path) : fallback
  return value === undefined ? '' : ` ${scalar(value)}`
}

const scalar = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(scalar).join(', ')}]`
    : typeof value === 'string' && PLAIN.test(value) && !NO_TEXT.test(value)
      ? value
      : JSON.stringify(value)

const isEntry = (value: unknown): value is NetworkEntry =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function listItem(entry: NetworkEntry, indent: string): string[] {
  const [first = '', ...rest] = members(entry, `${indent}  `)
  return [`${indent}- ${first.trimStart()}`, ...rest]
}

const members = (entry: NetworkEntry, indent: string): string[] =>
  Object.entries(entry).flatMap(([name, value]) => {
    if (Array.isArray(value) && value.some(isEntry)) {
      return [`${indent}${name}:`, ...value.filter(isEntry).flatMap((one) => listItem(one, `${indent}  `))]
    }
    return isEntry(value)
      ? [`${indent}${name}:`, ...members(value, `${indent}  `)]
      : [`${indent}${name}: ${scalar(value)}`]
  })

/** A comment, wrapped at spaces. */
function comment(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + 2 + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((one) => `${indent}# ${one}`)
}
