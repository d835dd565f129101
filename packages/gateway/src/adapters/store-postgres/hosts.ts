// A connection string may name several hosts: those of a primary and of the standbys that may take its place.

/** Scheme, user and password, hosts, the rest. */
const FORM = /^(postgres(?:ql)?:\/\/)([^@/?]*@)?([^@/?]+)([/?].*)?$/

/**
 * The connection strings of the single hosts, in the order in which they are named.
 * @param url `postgresql://user:password@host1:5432,host2:5432/database?option=value`
 * @throws {Error} it is none. The message does not repeat it: there is a password in it
 */
export function hostsOf(url: string): [string, ...string[]] {
  const [, scheme, user = '', hosts, rest = ''] = FORM.exec(url) ?? []
  const [first, ...others] = (hosts ?? '').split(',').map((host) => `${scheme}${user}${host}${rest}`)
  if (first === undefined || ![first, ...others].every((host) => URL.canParse(host))) {
    throw new Error('it must look like postgresql://user:password@host1:5432,host2:5432/database')
  }
  return [first, ...others]
}

/** Host and port, for messages. */
export const nameOf = (url: string): string => new URL(url).host
