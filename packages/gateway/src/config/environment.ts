// The environment variables of the gateway. A misspelt name would silently leave its setting at the default.

import { SETTINGS } from './schema.js'
import { suggestion } from './suggestion.js'

const PREFIX = 'RIGHTOFWAY_'

/** Used by the command line, the hooks in contrib/, and the tests. */
const OTHERS = ['CONFIG', 'URL', 'KEY', 'ADMIN_SOCKET', 'DEVICE_PREFIX', 'RADIUS_DEVICE', 'RADIUS_TTL']
const TESTS = 'RIGHTOFWAY_TEST_'

const KNOWN = new Set([...SETTINGS.map(({ env }) => env), ...OTHERS.map((name) => PREFIX + name)])

/** Variables that Kubernetes and Docker links give every container for a service with our name. */
const OF_A_SERVICE = /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/
const URL_OF_A_SERVICE = /^(tcp|udp|sctp):\/\//

/** @returns a mistake for each variable that has our prefix and is not known */
export function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env)
    .filter(([name]) => name.startsWith(PREFIX) && !name.startsWith(TESTS) && !KNOWN.has(name))
    .filter(([name, value]) => !OF_A_SERVICE.test(name) && !URL_OF_A_SERVICE.test(value ?? ''))
    .map(([name]) => `${name} is not a known environment variable${suggestion(name, KNOWN, PREFIX)}`)
}
