// Parsers for the arguments of the command line. An invalid argument is a usage error with a reason.

import { parseDuration } from '@rightofway/camara'
import type { PortSpec } from '@rightofway/sdk'
import { InvalidArgumentError } from 'commander'

/** Seconds of `90s`, `1h30m`, `24h`. */
export function durationArgument(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}

/** Ports and ranges between commas: `443,5000-5010`. */
export function portsArgument(text: string): PortSpec {
  const ports: number[] = []
  const ranges: { from: number; to: number }[] = []
  for (const part of text.split(',')) {
    const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim()) ?? []
    if (from === undefined)
      throw new InvalidArgumentError('Ports are numbers and ranges, separated by commas: 443,5000-5010')
    if (to === undefined) ports.push(Number(from))
    else ranges.push({ from: Number(from), to: Number(to) })
  }
  return { ...(ports.length > 0 && { ports }), ...(ranges.length > 0 && { ranges }) }
}

export function portArgument(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new InvalidArgumentError('A port is from 1 to 65535.')
  return port
}

/** As {@link portArgument}, or 0 for any that is free. */
export const portOrAnyArgument = (text: string): number => (text === '0' ? 0 : portArgument(text))

export function amountArgument(text: string): number {
  const amount = Number(text)
  if (!Number.isSafeInteger(amount) || amount < 0)
    throw new InvalidArgumentError('It must be a whole number, 0 or more.')
  return amount
}

/** For options that may be given several times. */
export const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]
