import { describe, expect, it } from 'vitest'
import { portsSpec } from './ports.js'
import { snippet } from './snippets.js'

const BODY = {
  device: { ipv4Address: { publicAddress: '233.252.0.2', publicPort: 80 } },
  applicationServer: { ipv4Address: '198.51.100.7', ipv6Address: '2001:db8::1' },
  applicationServerPorts: { ports: [443], ranges: [{ from: 5000, to: 5010 }] },
  qosProfile: 'QOS_L',
  duration: 90,
  sink: "https://sink.example/it's",
} as const

// The contract's types are of lists that can be added to.
const body = structuredClone(BODY) as never

describe('a snippet of the playground', () => {
  it('is the call of the SDK, with all that was said', () => {
    const text = snippet('TypeScript', body, 'http://localhost:8080')
    expect(text).toContain("client.devices.get({ ipv4Address: { publicAddress: '233.252.0.2', publicPort: 80 } })")
    expect(text).toContain("  serviceIpv6: '2001:db8::1',\n")
    expect(text).toContain('  servicePorts: { ports: [443], ranges: [{ from: 5000, to: 5010 }] },\n')
    expect(text).toContain("  sink: 'https://sink.example/it\\'s',\n")
    expect(text).not.toContain('undefined')
  })

  it('is a curl command that a shell takes as it is, quotes included', () => {
    const text = snippet('curl', body, 'http://localhost:8080')
    expect(text).toContain('curl http://localhost:8080/quality-on-demand/v1/sessions')
    const [, json = ''] = /-d '(.*)'$/s.exec(text) ?? []
    expect(JSON.parse(json.replaceAll("'\\''", "'"))).toEqual(BODY)
  })

  it('is a command of ours', () => {
    expect(snippet('CLI', body, 'http://localhost:8080')).toBe(`rightofway sessions create \\
  --url http://localhost:8080 \\
  --public-ipv4 233.252.0.2 \\
  --public-port 80 \\
  --profile QOS_L \\
  --server 198.51.100.7 \\
  --server 2001:db8::1 \\
  --server-ports '443,5000-5010' \\
  --duration 90s \\
  --sink 'https://sink.example/it'\\''s'`)
  })
})

describe('ports as people type them', () => {
  it('are single ones and ranges', () => {
    expect(portsSpec('443, 5000-5010 8443')).toEqual({ ports: [443, 8443], ranges: [{ from: 5000, to: 5010 }] })
  })

  it('are all where nothing is typed', () => {
    expect(portsSpec(' ')).toBeUndefined()
  })
})
