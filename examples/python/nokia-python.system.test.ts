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
        RIGHTOFWAY_OPEN_SINK: `${sandbox.url}/sandbox/inbox`,
        RIGHTOFWAY_SINK: sandbox.inbox.url,
        RIGHTOFWAY_SINK_TOKEN: sandbox.inbox.token,
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

  it.each([
    ['3.0.1', '/qod/v0', 'None None', []],
    ['6.1.0', '/qod/v0', '[443, 8443] [(9000, 9010)]', []],
    ['8.0.0', '/quality-on-demand/v1', '[443, 8443] [(9000, 9010)]', ['plain credential APIError']],
  ])('%s asks at %s for ports, and for events, which come with its token', async (release, path, ports, more) => {
    expect(await program(release, 'calls.py', path)).toEqual([
      `ports AVAILABLE ${ports}`,
      'empty ports AVAILABLE',
      'sink AVAILABLE',
      ...more,
    ])
    const events = [await sandbox.inbox.next(), await sandbox.inbox.next()]
    expect(events.map(({ status }) => status)).toEqual(['AVAILABLE', 'UNAVAILABLE'])
  })

  it('10.0.0 makes its calls with asyncio too, with ports and sinks; it has no member for a token', async () => {
    expect(await program('10.0.0', 'calls_10.py')).toEqual([
      'v1 ports AVAILABLE [443, 8443] (5010, 5020)',
      'v1 sessions 1',
      'v1 extended 120',
      "v1 events ['AVAILABLE', 'UNAVAILABLE']",
      'v1 credential BadRequestError',
      'v0 ports AVAILABLE [443, 8443] (5010, 5020)',
      'v0 sessions 1',
      'v0 extended 120',
    ])
    const events = [await sandbox.inbox.next(), await sandbox.inbox.next()]
    expect(events.map(({ status }) => status)).toEqual(['AVAILABLE', 'UNAVAILABLE'])
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
