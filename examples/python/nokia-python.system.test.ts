// The page's program with Nokia's Python client, in each release that people have, against a sandbox.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Sandbox, startSandbox } from '@rightofway/sandbox'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../../test/parts.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../node_modules/.cache/nokia-python/', import.meta.url))
/** A sandbox has it from the start: for a client of Nokia. */
const KEY = 'row_a00000000001_known-to-everybody-------------------------'

const TAKEN = ['duration 3600', 'started True expires True']

describeWith(['nokiaPython'], "Nokia's Python client", () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox()
  })
  afterAll(() => sandbox.close())

  /** Runs a program, and gives the lines that it printed. */
  async function program(release: string, file: string, path = ''): Promise<string[]> {
    const { stdout } = await promisify(execFile)(`${cache}${release}/bin/python`, [`${here}${file}`], {
      env: {
        ...process.env,
        RIGHTOFWAY_KEY: KEY,
        RIGHTOFWAY_URL: sandbox.url,
        RIGHTOFWAY_QOS_URL: `${sandbox.url}${path}`,
      },
    })
    return stdout.trimEnd().split('\n')
  }

  it('3.0.1 runs the page; by position, its fourth place is for ports', async () => {
    expect(await program('3.0.1', 'page.py', '/qod/v0')).toEqual([
      ...TAKEN,
      'sessions 1 found True',
      'position AttributeError',
      'left 0',
    ])
  })

  it.each([
    ['6.1.0', '/qod/v0'],
    ['8.0.0', '/quality-on-demand/v1'],
  ])('%s runs the page at %s; by position, its second place is for the duration', async (release, path) => {
    expect(await program(release, 'page.py', path)).toEqual([
      ...TAKEN,
      'sessions 1 found True',
      'extended 4200',
      'position APIError',
      'left 0',
    ])
  })

  it('10.0.0 runs the page at /quality-on-demand/v1, and its calls of /qod/v0', async () => {
    expect(await program('10.0.0', 'page_10.py')).toEqual([
      ...TAKEN,
      'sessions 1',
      'extended 4200',
      'v0 seconds 3600',
      'v0 found True',
      'v0 sessions 1',
      'v0 extended 4200 4200',
    ])
  })
})
