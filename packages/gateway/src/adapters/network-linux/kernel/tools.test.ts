import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { machineTools, ToolKilled, ToolMissing } from './tools.js'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rightofway-tools-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

/** Tools that a script replaces, under any name. */
function scripted(script: string, silenceMs?: number) {
  const file = join(dir, 'script')
  writeFileSync(file, script)
  return machineTools(['sh', file], silenceMs)
}

/** The output of a tool that hangs, with a child that it waits for. */
const HANGS = `sleep 600 & echo "$$ $!" >'PIDS'; wait`
const hanging = (silenceMs?: number) => scripted(HANGS.replace('PIDS', join(dir, 'pids')), silenceMs)

const isAlive = (pid: number): boolean => {
  try {
    // A zombie is dead as well.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const pids = () => readFileSync(join(dir, 'pids'), 'utf8').trim().split(' ').map(Number)

async function areGone(): Promise<void> {
  const all = pids()
  expect(all).toHaveLength(2)
  while (all.some(isAlive)) await new Promise((resolve) => setImmediate(resolve))
}

describe('a tool', () => {
  it('gets its input, and returns its outcome', async () => {
    const outcome = await scripted('cat; echo "$@" >&2; exit 3').run('nft', ['-f', '-'], 'text\n')
    expect(outcome).toEqual({ code: 3, stdout: 'text\n', stderr: 'nft -f -\n' })
  })

  it('that is not installed is reported as missing', async () => {
    await expect(machineTools([join(dir, 'nothing')]).run('nft', [])).rejects.toBeInstanceOf(ToolMissing)
  })

  it('that prints nothing is killed in the end, with all its children', async () => {
    const run = hanging(200).run('nft', ['-f', '-'])
    await expect(run).rejects.toThrow('nft was killed: it had said nothing for 0.2 s')
    await areGone()
  })

  it('may take longer, the longer its input is', async () => {
    const run = hanging(200).run('tc', ['-batch', '-'], 'line\n'.repeat(5))
    await expect(run).rejects.toThrow('tc was killed: it had said nothing for 0.3 s')
  })

  it('is killed when nobody waits for it any more', async () => {
    const stop = new AbortController()
    const run = hanging().run('nft', ['-f', '-'], '', stop.signal)
    const killed = expect(run).rejects.toThrow(new ToolKilled('nft was killed: this process stops'))
    for (;;) {
      try {
        if (pids().length === 2) break
      } catch {
        // Not yet.
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    stop.abort()
    await killed
    await areGone()
    await expect(hanging().run('nft', [], '', stop.signal)).rejects.toBeInstanceOf(ToolKilled)
  })
})
