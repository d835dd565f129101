import { describe, expect, it } from 'vitest'
import { cli } from './world.fixture.js'

describe('a command or an option that does not exist', () => {
  it.each<[argv: string, advice: string]>([
    [
      'sessions list --ipv4 203.0.113.5',
      "error: unknown option '--ipv4'; did you mean --public-ipv4 or --private-ipv4?",
    ],
    ['sessions create --ipv4=203.0.113.5', 'did you mean --public-ipv4 or --private-ipv4?'],
    ['sessions list --ip 203.0.113.5', 'did you mean --ipv6, --public-ipv4 or --private-ipv4?'],
    ['sessions create --device 203.0.113.5', 'did you mean --phone, --nai, --public-ipv4 or --ipv6?'],
    ['sessions create --phone-number +1', 'did you mean --phone?'],
    [
      'sessions create --qos-profile QOS_S',
      "error: required option '--profile <name>' not specified; '--qos-profile' is unknown; did you mean --profile?",
    ],
    ['sessions create --ttl 1h', 'did you mean --duration?'],
    ['sessions create --zzz', '; `rightofway sessions create --help` lists what there is'],
    ['serve --port 80', 'did you mean --listen-port or --callbacks-listen-port?'],
    ['serve --host ::', 'did you mean --listen-host or --callbacks-listen-host?'],
    ['serve --datadir x', 'did you mean --data-dir?'],
    ['keys create a --scopes x', 'did you mean --scope?'],
    ['session create', "error: unknown command 'session'; did you mean sessions?"],
    ['sessions delete x', 'did you mean end?'],
    ['sessions lst', 'did you mean list?'],
    ['keys rm x', 'did you mean revoke?'],
    ['devices create', 'did you mean add?'],
    ['start', 'did you mean serve?'],
    ['frobnicate', '; `rightofway --help` lists what there is'],
  ])('is refused, and what was meant is offered: %s', async (argv, advice) => {
    const { code, out, err } = await cli(...argv.split(' '))
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(advice)
    expect(err).toMatch(/^error: [^\n]*unknown[^\n]*\n$/)
  })

  it('gets no suggestion where it exists and is used wrongly', async () => {
    expect((await cli('sessions', 'create', '--profile', 'QOS_L', '--', '--zzz')).err).toBe(
      "error: required option '--server <address[:port]>' not specified\n",
    )
    expect((await cli('sessions', 'create', '--profile')).err).toBe(
      "error: option '--profile <name>' argument missing\n",
    )
  })
})
