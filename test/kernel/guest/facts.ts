// The features of a machine that matter to the Linux network.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { release } from 'node:os'

const QDISCS = [
  'htb',
  'fq_codel',
  'fq',
  'cake',
  'pfifo_fast',
  'sfq',
  'bfifo',
  'prio',
  'tbf',
  'noqueue',
  'mq',
  'hfsc',
  'ets',
]
const LINKS = [
  'veth',
  'vlan',
  'macvlan',
  'bond',
  'bridge',
  'team',
  'vrf',
  'gre',
  'ipip',
  'vxlan',
  'wireguard',
  'ifb',
  'dummy',
]

const output = (...argv: string[]): string =>
  spawnSync(argv[0] as string, argv.slice(1), { encoding: 'utf8' }).stdout.trim()

/** The features of a kernel may only be tried in a namespace. */
const have = (kinds: readonly string[], command: (kind: string) => string): string => {
  const script = kinds.map((kind) => `${command(kind)} >/dev/null 2>&1 && echo ${kind}`).join('\n')
  const { stdout } = spawnSync('unshare', ['--net', 'sh', '-c', `ip link add probe type dummy\n${script}`], {
    encoding: 'utf8',
  })
  return stdout.trim().replaceAll('\n', ' ')
}

export const facts = (): Readonly<Record<string, string>> => ({
  kernel: release(),
  processor: /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown',
  nft: output('nft', '--version'),
  tc: output('tc', '-V'),
  node: process.version,
  qdiscs: have(
    QDISCS,
    (kind) => `tc qdisc replace dev probe root ${kind === 'tbf' ? 'tbf rate 1mbit burst 10k latency 50ms' : kind}`,
  ),
  links: have(LINKS, linkCommand),
})

function linkCommand(kind: string): string {
  const options: Readonly<Record<string, string>> = {
    vlan: 'link probe type vlan id 5',
    macvlan: 'link probe type macvlan',
    vrf: 'type vrf table 10',
    gre: 'type gre remote 192.0.2.1 local 192.0.2.2',
    ipip: 'type ipip remote 192.0.2.1 local 192.0.2.2',
    vxlan: 'type vxlan id 5 remote 192.0.2.1 dstport 4789',
  }
  return `ip link add probe-${kind} ${options[kind] ?? `type ${kind}`}`
}
