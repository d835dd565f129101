// The lab as users start it: the built command line, a real kernel. The bounds are wide, as the machine of a test has
// other work; only the lab itself checks the guarantees.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Judged } from '@rightofway/lab'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CLI } from '../../../../test/gateway-process.js'
import { describeWith } from '../../../../test/parts.js'

let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'rightofway-lab-'))
})
afterEach(() => rmSync(out, { recursive: true }))

const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [CLI, 'lab', '--out', out, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })

/** Runs a scenario to its end, whatever its result. */
async function played(scenario: string): Promise<Judged> {
  const lab = start('--scenario', scenario)
  lab.stdout?.resume()
  const [code] = (await once(lab, 'exit')) as [number]
  const { scenarios } = JSON.parse(readFileSync(join(out, 'lab.json'), 'utf8')) as { scenarios: [Judged] }
  expect(code).toBe(scenarios[0].passed ? 0 : 1)
  return scenarios[0]
}

/** Parents of all running processes, by their ids. */
function parents(): Map<number, number> {
  const found = new Map<number, number>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      // A zombie has ended.
      if (state !== 'Z') found.set(Number(pid), Number(parent))
    } catch (error) {
      // It has ended meanwhile.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
  return found
}

/** All descendants of a process. */
function offspring(of: number): number[] {
  const all = parents()
  const isOf = (pid: number | undefined): boolean => pid !== undefined && (pid === of || isOf(all.get(pid)))
  return [...all.keys()].filter((pid) => pid !== of && isOf(pid))
}

describeWith(['root', 'nftables'], 'rightofway lab', () => {
  it('measures a call on a flooded link, as a chart and in figures', async () => {
    const { flows } = await played('latency')
    expect(flows).toHaveLength(1)
    const [{ before, during, after }] = flows as [Judged['flows'][number]]
    for (const direction of ['downlink', 'uplink'] as const) {
      expect(during[direction].bitsPerSecond).toBeGreaterThan(0.8 * 500_000)
      expect(before[direction].bitsPerSecond).toBeLessThan(during[direction].bitsPerSecond)
    }
    expect(during.roundTripMs).toBeLessThan((before.roundTripMs ?? 0) / 4)
    expect(after.roundTripMs).toBeGreaterThan((before.roundTripMs ?? 0) / 2)
    const svg = readFileSync(join(out, 'lab.svg'), 'utf8')
    expect(svg.match(/<rect class="shade"/g)).toHaveLength(3)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })

  it.each([
    ['download', 'downlink'],
    ['upload', 'uplink'],
  ] as const)('shows that a session makes no %s slower, where nobody else sends', async (scenario, way) => {
    const { flows } = await played(scenario)
    const [{ before, during }] = flows as [Judged['flows'][number]]
    expect(during[way].bitsPerSecond).toBeGreaterThan(0.9 * before[way].bitsPerSecond)
    expect(before[way].bitsPerSecond).toBeGreaterThan(0.7 * 50_000_000)
  })

  it('shows that a second session is refused and the first keeps its rate', async () => {
    const { flows, checks } = await played('refusal')
    expect(checks).toContainEqual({
      what: 'answer to the second',
      wanted: 'UNAVAILABLE, NETWORK_TERMINATED',
      measured: 'UNAVAILABLE, NETWORK_TERMINATED',
      passed: true,
    })
    expect(flows[0]?.during.downlink.bitsPerSecond).toBeGreaterThan(0.8 * 5_000_000)
  })

  it('leaves nothing behind when it is killed', async () => {
    const lab = start()
    const [line] = (await once(lab.stdout as NonNullable<typeof lab.stdout>, 'data')) as [Buffer]
    expect(String(line)).toContain('QOS_E')
    // With its second output the gateway answers, and traffic flows.
    await once(lab.stdout as NonNullable<typeof lab.stdout>, 'data')
    const started = offspring(lab.pid as number)
    // Three namespaces, three stations, a gateway and its kernel monitors.
    expect(started.length).toBeGreaterThan(7)
    lab.kill('SIGKILL')
    while (started.some((pid) => parents().has(pid))) await new Promise((resolve) => setTimeout(resolve, 20))
  })

  it('names what is missing, and the command that installs it', async () => {
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile(process.execPath, [CLI, 'lab'], { uid: 65_534, cwd: '/' }, (error, _stdout, stderr) =>
        resolve({ code: error?.code, stderr }),
      )
    })
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'rightofway: the lab needs root: sudo rightofway lab\n' })
  })
})
