// The requirements of this network, probed before anything is granted: problems are found at the start, with a message
// that says what to do.

import { readFileSync } from 'node:fs'
import { NetworkUnreachable } from '../../../ports/network.js'
import type { LinuxNetworkConfig, Side } from '../plan/sides.js'
import { type KernelExec, KernelRefused } from './exec.js'
import { prioritySetters } from './priority-setters.js'
import type { LinkState } from './read-link.js'
import { type Tool, ToolKilled, ToolMissing } from './tools.js'
import { NetworkUnusable } from './unusable.js'

const PACKAGES: Readonly<Record<Tool, string>> = {
  nft: 'nftables',
  tc: 'iproute2',
  ip: 'iproute2',
  conntrack: 'conntrack',
}

/**
 * Probes the tools and the capabilities.
 * @throws {NetworkUnusable}
 */
export async function probeTools(exec: KernelExec): Promise<void> {
  await told(() => exec.read('tc', ['-V']))
  await told(() => exec.read('ip', ['-V']))
  await told(() => exec.read('nft', ['--version']))
  await told(() => exec.read('nft', ['list', 'tables']))
}

async function told<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    throw unusable(error)
  }
}

/** A tool's error in terms of what to do; other errors unchanged. */
export function unusable(error: unknown): unknown {
  if (error instanceof NetworkUnreachable && error.cause !== undefined) return unusable(error.cause)
  if (error instanceof ToolMissing) {
    const { tool } = error
    return new NetworkUnusable(`${tool} is not installed: apt-get install ${PACKAGES[tool]}`, {
      cause: error,
    })
  }
  if (error instanceof ToolKilled) return new NetworkUnusable(error.message, { cause: error })
  if (!(error instanceof KernelRefused)) return error
  if (/Operation not permitted|you must be root/i.test(error.complaint)) {
    return new NetworkUnusable(
      'this process has no permission to change the network: run it as root, or give it CAP_NET_ADMIN ' +
        '(AmbientCapabilities= in systemd)',
      { cause: error },
    )
  }
  if (/qdisc kind is unknown|No such file or directory|Operation not supported/.test(error.complaint)) {
    return new NetworkUnusable(
      `this kernel lacks a module: nf_tables and sch_htb are required (modprobe nf_tables sch_htb). ${error.message}`,
      { cause: error },
    )
  }
  return new NetworkUnusable(error.message, { cause: error })
}

/** Why an interface cannot be used; undefined if it can. */
export function problemOf(name: string, link: LinkState | undefined, takeover: boolean): string | undefined {
  if (link === undefined) return `there is no interface ${name} ("ip link" lists all interfaces)`
  if (link.root !== 'foreign') return undefined
  if (!takeover) {
    return (
      `${name} has a root qdisc of another program (${link.rootText}): set takeover: true to replace it ` +
      '(`rightofway network teardown` restores it), or delete it'
    )
  }
  return link.rootExtras === undefined
    ? undefined
    : `${name} has a root qdisc with ${link.rootExtras} (${link.rootText}), which could not be restored: delete it ` +
        'first'
}

/** Why a usable interface carries nothing; undefined if it does. */
export function downOf(name: string, { up, hasCarrier }: Pick<LinkState, 'up' | 'hasCarrier'>): string | undefined {
  if (!up) return `${name} is down ("ip link set ${name} up")`
  return hasCarrier ? undefined : `${name} has no carrier: its cable or its other end is down`
}

/** Settings that work and may surprise. */
export async function warnings(exec: KernelExec, config: LinuxNetworkConfig): Promise<string[]> {
  const sides: readonly Side[] = [...config.towardsDevices, config.towardsServers]
  const found: string[] = []
  for (const { interface: name, capacityBps } of sides) {
    const speedBps = linkSpeed(name)
    if (speedBps !== undefined && capacityBps > speedBps) {
      found.push(
        `${name} is configured for ${capacityBps} bit/s, but its link carries ${speedBps}: packets will queue in ` +
          'the driver, where sessions have no precedence',
      )
    }
  }
  const offloaded = await offloadedInterfaces(exec)
  if (sides.some(({ interface: name }) => offloaded.has(name))) {
    found.push('a flowtable offloads forwarding on an interface of this network: offloaded packets are not classified')
  }
  found.push(
    ...(await prioritySetters(
      exec,
      sides.map(({ interface: name }) => name),
    )),
  )
  for (const family of await notForwarded(exec, config.towardsServers.interface)) {
    found.push(
      `${family} is not forwarded on ${config.towardsServers.interface}: only this machine's own traffic passes`,
    )
  }
  return found
}

interface FlowtablesJson {
  readonly nftables: readonly { readonly flowtable?: { readonly dev?: string | readonly string[] } }[]
}

/** Interfaces whose packets flowtables may offload past all rules. */
async function offloadedInterfaces(exec: KernelExec): Promise<ReadonlySet<string>> {
  const { code, stdout } = await exec.tools.run('nft', ['-j', 'list', 'flowtables'])
  if (code !== 0) return new Set()
  const { nftables } = JSON.parse(stdout) as FlowtablesJson
  return new Set(nftables.flatMap(({ flowtable }) => flowtable?.dev ?? []))
}

async function notForwarded(exec: KernelExec, name: string): Promise<string[]> {
  const { code, stdout } = await exec.tools.run('ip', ['-j', 'netconf', 'show', 'dev', name])
  if (code !== 0) return []
  const families = JSON.parse(stdout) as { readonly family: string; readonly forwarding?: boolean }[]
  return families
    .filter(({ family, forwarding }) => (family === 'inet' || family === 'inet6') && forwarding === false)
    .map(({ family }) => (family === 'inet' ? 'IPv4' : 'IPv6'))
}

/** Bits per second; undefined if the driver does not report it. */
function linkSpeed(name: string): number | undefined {
  try {
    const megabits = Number(readFileSync(`/sys/class/net/${name}/speed`, 'utf8'))
    return megabits > 0 ? megabits * 1e6 : undefined
  } catch {
    // Not every interface has a speed.
    return undefined
  }
}
