import type { ApplicationKey } from '../api/types.js'
import { useNow } from '../api/use-live.js'
import { agoText } from '../lib/format.js'
import { RowAction } from '../ui/row-action.js'
import { Status } from '../ui/status.js'
import { Time } from '../ui/time.js'

interface KeyTableProps {
  readonly label: string
  /** What it is called by which one is known. */
  readonly named: string
  /** What there is to tell of each. */
  readonly told: string
  readonly tell: (key: ApplicationKey) => string
  readonly keys: readonly ApplicationKey[]
  /** Absent: who looks may not act. */
  readonly onAsk: ((asking: { readonly what: 'rotate' | 'revoke'; readonly key: ApplicationKey }) => void) | undefined
}

export function KeyTable({ label, named, told, tell, keys, onAsk }: KeyTableProps) {
  // What is good now may not be in a moment.
  useNow()
  return (
    <div className="scroll-x">
      <table aria-label={label}>
        <thead>
          <tr>
            <th>{named}</th>
            <th>For</th>
            <th>{told}</th>
            <th>May</th>
            <th>Made</th>
            <th>Last used</th>
            <th>State</th>
            <th>
              <span className="hidden-visually">Act</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.prefix}>
              <td className="mono">{key.client === undefined ? `row_${key.prefix}_…` : key.prefix}</td>
              <td>{key.name ?? '–'}</td>
              <td className="wrap" title={key.client?.redirectUris?.join('\n')}>
                {tell(key)}
              </td>
              <td className="wrap">{key.scopes?.join(', ') ?? 'all'}</td>
              <td>
                <Time at={key.createdAt} />
              </td>
              <td>
                {key.lastUsedAt === undefined ? (
                  'never'
                ) : (
                  <span title={key.lastUsedAt}>{agoText(key.lastUsedAt, Date.now())}</span>
                )}
              </td>
              <td>
                <KeyState record={key} />
              </td>
              <td>
                {onAsk && isGood(key) && (
                  <span className="row">
                    {key.client?.jwks === undefined && key.client?.jwksUri === undefined && (
                      <RowAction label={`Rotate ${key.prefix}`} onAct={() => onAsk({ what: 'rotate', key })}>
                        Rotate …
                      </RowAction>
                    )}
                    <RowAction label={`Revoke ${key.prefix}`} onAct={() => onAsk({ what: 'revoke', key })}>
                      Revoke …
                    </RowAction>
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Keys go by real time, whatever a sandbox says. */
export const isGood = ({ revokedAt, expiresAt }: ApplicationKey): boolean =>
  revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > Date.now())

function KeyState({ record }: { readonly record: ApplicationKey }) {
  const { revokedAt, expiresAt } = record
  if (revokedAt !== undefined) return <Status kind="off">revoked</Status>
  if (!isGood(record)) return <Status kind="off">expired</Status>
  if (expiresAt === undefined) return <Status kind="good">good</Status>
  return (
    <>
      <Status kind="wait">expires</Status> <Time at={expiresAt} />
    </>
  )
}
