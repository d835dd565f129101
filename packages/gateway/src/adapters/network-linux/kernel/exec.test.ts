import { describe, expect, it } from 'vitest'
import { reservationId } from '../../../../test/support/reservations.js'
import type { NftOperation, TcOperation } from '../plan/operations.js'
import { render } from '../plan/render.js'
import { type TableOptions, tableText } from '../plan/table.js'
import { scriptedTools } from '../scripted-tools.fixture.js'
import { KernelExec, KernelRefused } from './exec.js'

const TABLE: TableOptions = {
  deviceInterfaces: ['lan0'],
  serverInterface: 'wan0',
  handles: new Map([
    ['lan0', '7277'],
    ['wan0', '7278'],
  ]),
  ipv6PrefixLength: 64,
  dscp: false,
  reassemble: true,
  relatedPorts: false,
}
const NFT: readonly NftOperation[] = [
  { verb: 'create', object: 'table' },
  { verb: 'fill', object: 'table', table: TABLE },
  { verb: 'delete', object: 'element', map: 'addresses4', key: '10.0.0.2 . 198.51.100.7', of: reservationId(2) },
]
const TC: readonly TcOperation[] = [1, 2, 3].map((n) => ({
  verb: 'del',
  object: 'class',
  interface: 'lan0',
  handle: '7277',
  minor: 0x10 + n,
  of: reservationId(n),
}))
/** The lines that fill the table. */
const FILLED = tableText(TABLE).split('\n').length

const refusal = (attempt: Promise<unknown>): Promise<KernelRefused> =>
  attempt.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: unknown) => error as KernelRefused,
  )

describe('the exec', () => {
  it('feeds operations to the tools as text, and starts no tool without operations', async () => {
    const tools = scriptedTools()
    const exec = new KernelExec(tools)
    await exec.nft(NFT)
    await exec.tc(TC)
    await exec.nft([])
    await exec.tc([])
    expect(tools.said).toEqual([
      {
        tool: 'nft',
        args: ['-f', '-'],
        input:
          `create table inet rightofway\n${tableText(TABLE)}\n` +
          'delete element inet rightofway addresses4 { 10.0.0.2 . 198.51.100.7 }\n',
      },
      { tool: 'tc', args: ['-batch', '-'], input: TC.map((operation) => `${render(operation)}\n`).join('') },
    ])
  })

  it.each([
    [1, NFT[0]],
    [2, NFT[1]],
    [FILLED + 1, NFT[1]],
    [FILLED + 2, NFT[2]],
    [FILLED + 3, undefined],
  ])('names the operation of line %i that nft reported, without addresses in its message', async (n, of) => {
    const stderr = `/dev/stdin:${n}:1-9: Error: Could not process rule: File exists\ndelete element { 10.0.0.2 }\n^^^^`
    const error = await refusal(new KernelExec(scriptedTools(() => ({ code: 1, stderr }))).nft(NFT))
    expect(error).toBeInstanceOf(KernelRefused)
    expect(error.culprit).toBe(of)
    expect(error.complaint).toBe(stderr)
    expect(error.message).not.toContain('10.0.0.2')
    expect(JSON.stringify({ ...error })).not.toContain('10.0.0.2')
  })

  it('names the operation that tc reported', async () => {
    const exec = new KernelExec(
      scriptedTools(() => ({ code: 1, stderr: 'Error: Class already exists.\nCommand failed -:2\n' })),
    )
    expect((await refusal(exec.tc(TC))).culprit).toBe(TC[1])
  })

  it('names no operation if the tool names no line', async () => {
    const exec = new KernelExec(
      scriptedTools(() => ({ code: 1, stderr: 'netlink: Error: cache initialization failed' })),
    )
    expect((await refusal(exec.nft(NFT))).culprit).toBeUndefined()
  })
})
