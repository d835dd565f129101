import type { Tools } from './tools.js'

/** The message of conntrack for no matching connection. */
const NONE = /0 flow entries/

/**
 * The device behind this machine's NAT that uses a public address and port now, by connection tracking. Over TCP and
 * UDP: a public port belongs to one device in each.
 * @returns its own address; undefined if no connection uses them, or connections of several devices do
 * @throws {Error} conntrack fails
 */
export async function insideAddress(tools: Tools, publicAddress: string, port: number): Promise<string | undefined> {
  const found = await Promise.all(
    ['tcp', 'udp'].map(async (protocol) => {
      const reply = ['--reply-dst', publicAddress, '--reply-port-dst', String(port)]
      const { code, stdout, stderr } = await tools.run('conntrack', ['-L', '-f', 'ipv4', '-p', protocol, ...reply])
      if (code !== 0 && !NONE.test(stderr)) throw new Error(`conntrack: ${stderr.trim()}`)
      // The first source of a connection is its origin.
      return stdout.split('\n').flatMap((line) => /\bsrc=(\S+)/.exec(line)?.[1] ?? [])
    }),
  )
  const [inside, ...others] = new Set(found.flat())
  return others.length === 0 ? inside : undefined
}
