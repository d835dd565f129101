import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { allOf, rightofway } from '../program.js'
import { cli, fakeTerminal } from '../world.fixture.js'

/** The completions of bash after these words. */
async function bashOffers(...words: string[]): Promise<string[]> {
  const { out } = await cli('completion', 'bash')
  const script = `${out}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${words.length - 1}
_rightofway; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).trim().split('\n')
}

describe('rightofway completion', () => {
  it('offers commands, in bash', async () => {
    expect(await bashOffers('rightofway', 'se')).toEqual(['serve', 'sessions'])
    expect(await bashOffers('rightofway', 'sessions', '')).toEqual(expect.arrayContaining(['create', 'list', 'watch']))
    expect(await bashOffers('rightofway', 'completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']))
  })

  it('offers the options of a command, whatever options precede, in bash', async () => {
    expect(await bashOffers('rightofway', 'sessions', 'create', '--prof')).toEqual(['--profile'])
    expect(await bashOffers('rightofway', 'sessions', 'list', '--phone', '+361', '--js')).toEqual(['--json'])
    expect(await bashOffers('rightofway', 'serve', '--sand')).toEqual(['--sandbox'])
  })

  it.each(['bash', 'zsh', 'fish'])('knows every command and every option, in %s', async (shell) => {
    const { out, code } = await cli('completion', shell)
    expect(code).toBe(0)
    for (const command of allOf(await rightofway(fakeTerminal())).slice(1)) {
      expect(out).toContain(command.name())
      for (const { long } of command.options) expect(out).toContain(long?.slice(shell === 'fish' ? 2 : 0))
    }
  })

  it('supports these shells only', async () => {
    expect(await cli('completion', 'csh')).toMatchObject({ code: 2 })
  })
})
