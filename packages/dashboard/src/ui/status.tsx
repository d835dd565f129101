type Kind = 'good' | 'wait' | 'bad' | 'off'

const SIGNS: Readonly<Record<Kind, string>> = { good: '●', wait: '◐', bad: '▲', off: '○' }

/** A word with a sign and a colour: none of the three says it alone. */
export function Status({ kind, children }: { readonly kind: Kind; readonly children: string }) {
  return (
    <span className={`status ${kind}`}>
      <span aria-hidden="true">{SIGNS[kind]}</span>
      <span>{children}</span>
    </span>
  )
}

const SESSION_KINDS: Readonly<Record<string, Kind>> = { REQUESTED: 'wait', AVAILABLE: 'good' }

export function SessionStatus({ status, info }: { readonly status: string; readonly info?: string | undefined }) {
  const kind = SESSION_KINDS[status] ?? (info === 'NETWORK_TERMINATED' ? 'bad' : 'off')
  return <Status kind={kind}>{status}</Status>
}
