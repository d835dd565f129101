// A simulated power cut: the data folder is on a file system in a file. Synced data is in
// that file; data that was only written is in the kernel's memory. A copy of the file has the state after a cut.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import { startGatewayProcess } from '../test/gateway-process.js'
import { UNLIMITED } from './unlimited.js'

const IMAGE_BYTES = 256 * 1024 * 1024
const SESSIONS = '/quality-on-demand/v1/sessions'
const FLAGS = ['--sandbox', '--directory-kind', 'open', '--directory-prefixes', '10.0.0.0/8', ...UNLIMITED]

export interface PowerCutOptions {
  /** Whether the gateway syncs before it answers; without, it is the control, which has to fail. */
  readonly durable: boolean
  /** Sessions to be answered before the cut. */
  readonly sessions: number
  readonly clients: number
}

export interface PowerCutReport {
  readonly answered: number
  /** Of those, sessions that the gateway did not know after the cut. */
  readonly lost: number
}

/** Needs root, loop devices and ext4. */
export async function powerCut({ durable, sessions, clients }: PowerCutOptions): Promise<PowerCutReport> {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-power-'))
  const image = join(dir, 'disk.img')
  const copy = join(dir, 'copy.img')
  const mountPoint = join(dir, 'mnt')
  const undo: (() => void)[] = [() => rmSync(dir, { recursive: true, force: true })]
  try {
    mkdirSync(mountPoint)
    writeFileSync(image, '')
    truncateSync(image, IMAGE_BYTES)
    execFileSync('mkfs.ext4', ['-q', '-F', image])
    execFileSync('mount', ['-o', 'loop', image, mountPoint])
    undo.push(() => execFileSync('umount', [mountPoint]))

    const gateway = await startGatewayProcess({
      dataDir: join(mountPoint, 'data'),
      flags: [...FLAGS, '--store-durable', String(durable)],
    })
    undo.push(() => gateway.process.kill('SIGKILL'))
    const key = await gateway.newKey()
    // Key and folders are synced in both cases: only sessions may be lost.
    execFileSync('sync', ['-f', mountPoint])

    const answered: string[] = []
    let running = true
    let next = 1
    const client = async () => {
      while (running) {
        const n = next++
        const address = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
        const answer = await request(gateway.url + SESSIONS, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
          body: JSON.stringify({
            device: { ipv4Address: { publicAddress: address, privateAddress: address } },
            applicationServer: { ipv4Address: '198.51.100.7' },
            qosProfile: 'QOS_E',
            duration: 3600,
          }),
        })
        const { sessionId } = (await answer.body.json()) as { sessionId: string }
        answered.push(sessionId)
        if (answered.length === sessions) enough()
      }
    }
    let enough: () => void = () => undefined
    const full = new Promise<void>((resolve) => {
      enough = resolve
    })
    const clientsDone = Promise.all(Array.from({ length: clients }, client))
    await full
    const before = [...answered]
    // Under load the copy takes time, but all sessions answered before it began must be in it.
    copyFileSync(image, copy)
    running = false
    await clientsDone
    await gateway.signal('SIGKILL')
    undo.pop()
    execFileSync('umount', [mountPoint])
    undo.pop()

    // e2fsck answers 1 when it has repaired something, as after any power cut.
    execFileSync('sh', ['-c', `e2fsck -fy ${copy} >/dev/null 2>&1 || [ $? -le 1 ]`])
    execFileSync('mount', ['-o', 'loop', copy, mountPoint])
    undo.push(() => execFileSync('umount', [mountPoint]))
    const after = await startGatewayProcess({ dataDir: join(mountPoint, 'data'), flags: FLAGS })
    undo.push(() => after.process.kill('SIGKILL'))
    let lost = 0
    for (const id of before) {
      const answer = await request(`${after.url}${SESSIONS}/${id}`, { headers: { authorization: `Bearer ${key}` } })
      await answer.body.dump()
      if (answer.statusCode !== 200) lost++
    }
    await after.signal('SIGKILL')
    undo.pop()
    return { answered: before.length, lost }
  } finally {
    for (const step of undo.reverse()) step()
  }
}
