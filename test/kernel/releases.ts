// Kernels and tools of Debian's releases, fetched by the machine's own apt and kept for the next run. Nothing is
// installed.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run } from '@rightofway/lab'

/** Debian 12 (Linux 6.1, nft 1.0.6, iproute2 6.1) and Debian 13 (Linux 6.12, nft 1.1.3, iproute2 6.15). */
export const RELEASES = ['bookworm', 'trixie'] as const
export type Release = (typeof RELEASES)[number]

/** The files that a virtual machine boots. */
export interface Bootable {
  readonly release: Release
  /** Such as `6.12.118+deb13-amd64`. */
  readonly version: string
  readonly kernel: string
  /** Folder that becomes `/lib/modules`. */
  readonly modules: string
  /** Folder for the root of the file system: `/` where the machine itself has this release. */
  readonly root: string
  /** A statically linked busybox, for the time before the root is mounted. */
  readonly busybox: string
}

/** Packages that the suites need, besides those of every Debian. */
const PACKAGES = [
  'nftables',
  'iproute2',
  'conntrack',
  'kmod',
  'procps',
  'iputils-ping',
  'iperf3',
  'ethtool',
  'wireguard-tools',
]

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** Outside the project: `npm ci` empties `node_modules`, and worktrees share it. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rightofway', 'kernels')

/**
 * Fetches the files of a release, from the cache or from the mirror that this machine's apt uses.
 * @throws {Error} the machine has no Debian mirror, or the mirror does not answer
 */
export async function bootable(release: Release): Promise<Bootable> {
  const folder = join(CACHE, release)
  mkdirSync(folder, { recursive: true })
  await cached(join(folder, 'kernel'), (into) => fetchKernel(release, into))
  const isOwn = readFileSync('/etc/os-release', 'utf8').includes(`VERSION_CODENAME=${release}\n`)
  if (!isOwn) await cached(join(folder, 'root'), async (into) => debootstrap(release, into))
  const modules = join(folder, 'kernel', 'lib', 'modules')
  const [version = ''] = readdirSync(modules)
  return {
    release,
    version,
    modules,
    kernel: join(folder, 'kernel', 'boot', `vmlinuz-${version}`),
    busybox: join(folder, 'kernel', 'bin', 'busybox'),
    root: isOwn ? '/' : join(folder, 'root'),
  }
}

/** Fills a folder once. An interrupted attempt is discarded. */
async function cached(folder: string, fill: (into: string) => Promise<unknown>): Promise<void> {
  if (existsSync(folder)) return
  const into = mkdtempSync(`${folder}.`)
  try {
    await fill(into)
    renameSync(into, folder)
  } catch (error) {
    rmSync(into, { recursive: true, force: true })
    // Another run may have filled it meanwhile.
    if (!existsSync(folder)) throw error
  }
}

async function fetchKernel(release: Release, into: string): Promise<void> {
  const apt = await aptFor(release, join(into, 'apt'))
  const depends = await run([...apt('apt-cache'), 'depends', 'linux-image-amd64'])
  const [, image = ''] = /Depends: (linux-image-\S+)/.exec(depends) ?? []
  for (const name of [image, 'busybox-static']) {
    await run(['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', into, ...apt('apt-get'), 'download', name])
  }
  for (const archive of readdirSync(into).filter((name) => name.endsWith('.deb'))) {
    await run(['dpkg-deb', '-x', join(into, archive), into])
    rmSync(join(into, archive))
  }
  // Busybox is in /bin or in /usr/bin, by the release.
  if (!existsSync(join(into, 'bin'))) renameSync(join(into, 'usr', 'bin'), join(into, 'bin'))
  if (!existsSync(join(into, 'lib'))) renameSync(join(into, 'usr', 'lib'), join(into, 'lib'))
  const [version = ''] = readdirSync(join(into, 'lib', 'modules'))
  await run(['depmod', '-b', into, version])
  rmSync(join(into, 'apt'), { recursive: true })
}

/** Apt with separate lists: independent of the machine's own packages and lists, and without a change to them. */
async function aptFor(release: Release, folder: string): Promise<(tool: string) => string[]> {
  const { main, security } = await mirrors()
  mkdirSync(join(folder, 'lists', 'partial'), { recursive: true })
  mkdirSync(join(folder, 'cache'))
  const sources = join(folder, 'sources.list')
  const status = join(folder, 'status')
  writeFileSync(status, '')
  writeFileSync(
    sources,
    `deb [signed-by=${KEYRING}] ${main} ${release} main\ndeb [signed-by=${KEYRING}] ${security} ${release}-security main\n`,
  )
  const options = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::Status': status,
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
    'APT::Architecture': 'amd64',
  }
  const apt = (tool: string) => [
    tool,
    '-qq',
    ...Object.entries(options).flatMap(([name, to]) => ['-o', `${name}=${to}`]),
  ]
  await run([...apt('apt-get'), 'update'])
  return apt
}

/** The mirror of this machine's apt. */
async function mirrors(): Promise<{ main: string; security: string }> {
  const targets = await run(['apt-get', 'indextargets', '--format', '$(LABEL) $(REPO_URI)', 'Created-By: Packages'])
  const of = (label: string) =>
    targets
      .split('\n')
      .find((line) => line.startsWith(`${label} `))
      ?.split(' ')[1]
  const [main, security] = [of('Debian'), of('Debian-Security')]
  if (main === undefined || security === undefined) {
    throw new Error("apt names no mirror of Debian: is this Debian, and was 'apt-get update' run?")
  }
  return { main, security }
}

async function debootstrap(release: Release, into: string): Promise<void> {
  const { main } = await mirrors()
  const packages = `--include=${PACKAGES.join(',')}`
  await run(['debootstrap', '--variant=minbase', `--keyring=${KEYRING}`, packages, release, into, main])
  await run(['rm', '-rf', join(into, 'var', 'cache', 'apt', 'archives')])
}
