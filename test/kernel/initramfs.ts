// The initramfs of a guest: busybox, the modules to reach the machine's files, and a script that assembles the root.
// The machine's files are read-only; writes go to memory.

import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { run } from '@rightofway/lab'
import type { Bootable } from './releases.js'

/** Modules for the machine's files, and for the overlay on them. */
const MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay']

export interface Guest {
  /** Files and folders of the machine that have the same path in the guest. */
  readonly paths: readonly string[]
  /** The command that it runs. The guest ends after it. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Tags of the two file systems of the guest. */
export const MACHINE_TAG = 'machine'
export const OUT_TAG = 'out'
/** The guest's path of the folder that it may write to. */
export const OUT = '/out'

/** Writes the image of a guest's first file system to `file`. */
export async function writeInitramfs(file: string, bootable: Bootable, guest: Guest): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rightofway-initramfs-'))
  try {
    for (const name of ['bin', 'modules', 'proc', 'machine', 'layer', 'new']) mkdirSync(join(folder, name))
    cpSync(bootable.busybox, join(folder, 'bin', 'busybox'))
    const modules = await addModules(bootable, join(folder, 'modules'))
    writeFileSync(join(folder, 'init'), initScript(bootable, guest, modules))
    chmodSync(join(folder, 'init'), 0o755)
    await run(['sh', '-c', 'cd "$1" && find . | "$2" cpio -o -H newc > "$3"', 'sh', folder, bootable.busybox, file])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** @returns names of files, in load order */
async function addModules({ modules, version }: Bootable, into: string): Promise<string[]> {
  const names = new Set<string>()
  const base = dirname(dirname(modules))
  for (const module of MODULES) {
    const needed = await run(['modprobe', '-d', base, '-S', version, '--show-depends', module])
    for (const [, path = ''] of needed.matchAll(/^insmod (\S+)/gm)) {
      const name = basename(path).replace(/\.xz$/, '')
      names.add(name)
      const read = path.endsWith('.xz') ? 'xz -dc' : 'cat'
      await run(['sh', '-c', `${read} "$1" > "$2"`, 'sh', path, join(into, name)])
    }
  }
  return [...names]
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function initScript({ root, modules }: Bootable, { paths, argv, env }: Guest, moduleFiles: readonly string[]): string {
  const options = 'trans=virtio,version=9p2000.L,msize=524288'
  return `#!/bin/busybox sh
set -e
/bin/busybox --install -s /bin
export PATH=/bin
place() {
  if [ -d "/machine$1" ]; then mkdir -p "/new$1"; else mkdir -p "/new$(dirname "$1")"; touch "/new$1"; fi
  mount -o bind "/machine$1" "/new$1"
}
mount -t proc proc /proc
${moduleFiles.map((name) => `insmod /modules/${name}`).join('\n')}
mount -t 9p -o ro,cache=loose,${options} ${MACHINE_TAG} /machine
mount -t tmpfs tmpfs /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/machine${root},upperdir=/layer/upper,workdir=/layer/work overlay /new
mkdir -p /new${OUT} /new/lib/modules /new/dev /new/proc /new/sys
mount -t tmpfs tmpfs /new/tmp
mount -t tmpfs tmpfs /new/run
mount -t devtmpfs dev /new/dev
ln -s /proc/self/fd /new/dev/fd
for name in stdin:0 stdout:1 stderr:2; do ln -s "fd/\${name#*:}" "/new/dev/\${name%:*}"; done
mount -t sysfs sys /new/sys
mount -t 9p -o ${options} ${OUT_TAG} /new${OUT}
mount -o bind /machine${quoted(modules)} /new/lib/modules
${paths.map((path) => `place ${quoted(path)}`).join('\n')}
cat > /new/run/start <<'END'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
${Object.entries(env)
  .map(([name, value]) => `export ${name}=${quoted(value)}`)
  .join('\n')}
ip link set lo up
${argv.map(quoted).join(' ')} || echo "the guest's command ended with $?"
sync
echo b > /proc/sysrq-trigger
sleep 60
END
mount --move /proc /new/proc
exec switch_root /new /bin/sh /run/start
`
}
