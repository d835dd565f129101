import { describe, expect, it } from 'vitest'
import { cli, fakeTerminal, startWorld } from '../../world.fixture.js'
import { watch } from './watch.js'

const PHONE = ['--phone', '+36721601234567']
const CREATE = ['assignments', 'create', ...PHONE, '--profile', 'QOS_L']

describe('rightofway assignments', () => {
  it('covers the life of one: create, find, get, revoke, and another one', async () => {
    await startWorld()
    expect((await cli('assignments', 'find', ...PHONE)).out).toBe('no assignment\n')
    expect((await cli('assignments', 'find', ...PHONE, '--json')).out).toBe('null\n')
    const created = await cli(...CREATE, '--json')
    expect(created).toMatchObject({ code: 0, err: '' })
    const { id, ...rest } = JSON.parse(created.out) as { id: string }
    expect(rest).toMatchObject({ status: 'AVAILABLE', profile: 'QOS_L' })
    for (const argv of [
      ['find', ...PHONE],
      ['get', id],
    ]) {
      const { out } = await cli('assignments', ...argv)
      expect(out).toContain(`assignment  ${id}\nstatus      AVAILABLE\nprofile     QOS_L\nstarted     `)
      // Output contains no personal data.
      expect(out).not.toContain('36721601234567')
    }
    const again = await cli(...CREATE)
    expect(again).toMatchObject({ code: 6, err: expect.stringContaining(id) as unknown })
    expect(await cli('assignments', 'revoke', id)).toMatchObject({ code: 0, out: `${id} is revoked\n` })
    expect((await cli('assignments', 'get', id)).out).toContain('UNAVAILABLE DELETE_REQUESTED')
    expect(await cli('assignments', 'revoke', id, '--forget')).toMatchObject({
      code: 0,
      out: `${id} is revoked and forgotten\n`,
    })
    expect(await cli('assignments', 'revoke', id)).toMatchObject({ code: 5 })
    expect(await cli(...CREATE)).toMatchObject({ code: 0 })
  })

  it('follows one to its end, for people and programs', async () => {
    const { client } = await startWorld()
    const assignment = await client.devices.get({ phoneNumber: '+36721601234567' }).assignQos({ profile: 'QOS_L' })
    const [people, programs] = [fakeTerminal(), fakeTerminal()]
    const watching = [
      watch(people, await client.assignments.get(assignment.id), false),
      watch(programs, await client.assignments.get(assignment.id), true),
    ]
    await assignment.revoke()
    await Promise.all(watching)
    expect(people.text).toMatch(/^\d{4}-.*Z {2}AVAILABLE\n\d{4}-.*Z {2}UNAVAILABLE DELETE_REQUESTED\n$/)
    expect(
      programs.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { id: assignment.id, status: 'AVAILABLE', profile: 'QOS_L' },
      { id: assignment.id, status: 'UNAVAILABLE', statusInfo: 'DELETE_REQUESTED' },
    ])
    // One that has already ended is reported once.
    expect((await cli('assignments', 'watch', assignment.id)).out).toMatch(/^.*UNAVAILABLE DELETE_REQUESTED\n$/)
  })

  it('ends with 7 when the network refuses', async () => {
    await startWorld()
    const refused = await cli('assignments', 'create', '--phone', '+99999990001', '--profile', 'QOS_L')
    expect(refused).toMatchObject({ code: 7, out: expect.stringContaining('reason      as scripted') as unknown })
  })
})
