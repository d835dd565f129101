import type { ReservationId } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import { scriptedTools } from '../scripted-tools.fixture.js'
import { KernelExec, KernelRefused } from './exec.js'

const LINES = [{ text: 'add one' }, { text: 'add 10.0.0.2', of: 'rsv-2' as ReservationId }, { text: 'add three' }]

const refusal = (attempt: Promise<unknown>): Promise<KernelRefused> =>
  attempt.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: unknown) => error as KernelRefused,
  )

describe('the exec', () => {
  it('feeds a plan to the tools as text, and starts nothing for an empty one', async () => {
    const tools = scriptedTools()
    const exec = new KernelExec(tools)
    await exec.nft(LINES)
    await exec.tc(LINES)
    await exec.nft([])
    const input = 'add one\nadd 10.0.0.2\nadd three\n'
    expect(tools.said).toEqual([
      { tool: 'nft', args: ['-f', '-'], input },
      { tool: 'tc', args: ['-batch', '-'], input },
    ])
  })

  it.each([
    ['nft', '/dev/stdin:2:1-9: Error: Could not process rule: File exists\nadd 10.0.0.2\n^^^^'],
    ['tc', 'Error: Class already exists.\nCommand failed -:2\n'],
  ] as const)('names the line that %s complained about, and says no address in its message', async (tool, stderr) => {
    const exec = new KernelExec(scriptedTools(() => ({ code: 1, stderr })))
    const error = await refusal(exec[tool](LINES))
    expect(error).toBeInstanceOf(KernelRefused)
    expect(error.culprit).toBe(LINES[1])
    expect(error.complaint).toBe(stderr)
    expect(error.message).not.toContain('10.0.0.2')
    expect(JSON.stringify({ ...error })).not.toContain('10.0.0.2')
  })

  it('names no line where the tool names none', async () => {
    const exec = new KernelExec(
      scriptedTools(() => ({ code: 1, stderr: 'netlink: Error: cache initialization failed' })),
    )
    expect((await refusal(exec.nft(LINES))).culprit).toBeUndefined()
  })
})
