// Shells that not every machine has.

import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { describeWith } from '../../../../test/parts.js'
import { cli } from '../world.fixture.js'

describeWith(['zsh'], 'completion in zsh', () => {
  it('offers what can follow', async () => {
    const { out } = await cli('completion', 'zsh')
    const script = `_describe() { print -l -- "\${(@P)2}" }
${out}
words=(rightofway sessions --url http://127.0.0.1:1 wat) CURRENT=5
_rightofway`
    const offers = execFileSync('zsh', ['-f', '-c', script], { encoding: 'utf8' })
    expect(offers).toContain('watch:follow a session to its end')
    expect(offers).not.toContain('serve:')
  })
})

describeWith(['fish'], 'completion in fish', () => {
  it('offers what can follow', async () => {
    const { out } = await cli('completion', 'fish')
    const script = `${out}\ncomplete -C 'rightofway sessions wat'; complete -C 'rightofway sessions create --prof'`
    const offers = execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' })
    expect(offers).toContain('watch\tfollow a session to its end')
    expect(offers).toContain('--profile\tQoS profile')
  })
})
