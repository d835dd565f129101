import { describe, expect, it } from 'vitest'
import { eitherOf, similarNames } from './similar-names.js'

const OF_CREATE = [
  ...['--url', '--key-file', '--phone', '--nai', '--public-ipv4', '--public-port', '--private-ipv4', '--ipv6'],
  ...['--profile', '--server', '--server-ports', '--device-ports', '--duration', '--sink', '--async', '--json'],
]
const OF_SERVE = [
  ...['--data-dir', '--listen-host', '--listen-port', '--listen-tls-cert', '--listen-tls-key', '--log-level'],
  ...['--callbacks-listen-port', '--store-url', '--sandbox'],
]

describe('similar names', () => {
  it.each<[given: string, names: readonly string[], meant: readonly string[]]>([
    ['--ipv4', OF_CREATE, ['--public-ipv4', '--private-ipv4']],
    ['--ipv6-address', OF_CREATE, ['--ipv6']],
    ['--ip', OF_CREATE, ['--ipv6', '--public-ipv4', '--private-ipv4']],
    ['--public-ip', OF_CREATE, ['--public-ipv4']],
    ['--phone-number', OF_CREATE, ['--phone']],
    ['--qos-profile', OF_CREATE, ['--profile']],
    ['--profil', OF_CREATE, ['--profile']],
    ['--dur', OF_CREATE, ['--duration']],
    ['--duraiton', OF_CREATE, ['--duration']],
    ['--server-port', OF_CREATE, ['--server-ports']],
    ['--serverPorts', OF_CREATE, ['--server-ports']],
    ['--ports', OF_CREATE, ['--public-port', '--server-ports', '--device-ports']],
    ['--key', OF_CREATE, ['--key-file']],
    ['--port', OF_SERVE, ['--listen-port', '--callbacks-listen-port']],
    ['--listen-prot', OF_SERVE, ['--listen-port']],
    ['--prot', OF_SERVE, ['--listen-port', '--callbacks-listen-port']],
    ['--tls-cert', OF_SERVE, ['--listen-tls-cert']],
    ['--datadir', OF_SERVE, ['--data-dir']],
    ['--DATA_DIR', OF_SERVE, ['--data-dir']],
    ['--x', OF_SERVE, []],
    ['--', OF_SERVE, []],
    ['--nothing-like-it', OF_SERVE, []],
    ['--ipv4', ['--ipv6'], []],
    ['session', ['sessions', 'sandbox'], ['sessions']],
  ])('are found for %s', (given, names, meant) => {
    expect(similarNames(given, names)).toEqual(meant)
  })

  it('are searched for by the beginning of a long text only', () => {
    expect(similarNames('y'.repeat(1_000_000), ['x'.repeat(1_000_000)])).toEqual([])
  })

  it('are listed in a sentence', () => {
    expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(eitherOf)).toEqual(['', 'a', 'a or b', 'a, b or c'])
  })
})
