import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { Application, ApplicationKey } from '../api/types.js'
import { useGet } from '../api/use-get.js'
import { useNow } from '../api/use-live.js'
import { agoText } from '../lib/format.js'
import { useMay } from '../lib/me.js'
import { go } from '../lib/router.js'
import { Copy } from '../ui/copy.js'
import { Dialog } from '../ui/dialog.js'
import { Empty, Shown } from '../ui/feedback.js'
import { Field } from '../ui/field.js'
import { Link } from '../ui/link.js'
import { Status } from '../ui/status.js'
import { Time } from '../ui/time.js'

export function Applications({ selected }: { readonly selected: string | undefined }) {
  const got = useGet<Application[]>('/applications')
  const may = useMay('operator')
  const [adding, setAdding] = useState(false)
  return (
    <>
      <div className="head">
        <h1>Applications</h1>
        {may && (
          <button type="button" className="primary" onClick={() => setAdding(true)}>
            Add an application …
          </button>
        )}
      </div>
      <Shown got={got}>
        {(applications) =>
          applications.length === 0 ? (
            <Empty title="No application yet">
              <p>An application owns sessions. It shows a key, which you make here, with every request.</p>
            </Empty>
          ) : (
            <div className="stack">
              {applications.map((application) => (
                <ApplicationCard
                  key={application.id}
                  application={application}
                  open={application.id === selected || applications.length === 1}
                  reload={got.reload}
                />
              ))}
            </div>
          )
        }
      </Shown>
      {adding && (
        <NameDialog
          title="Add an application"
          action="Add it"
          onName={async (name) => {
            const { id } = await call<Application>('POST', '/applications', { name })
            got.reload()
            go(`/applications/${id}`)
          }}
          onClose={() => setAdding(false)}
        />
      )}
    </>
  )
}

interface NameDialogProps {
  readonly title: string
  readonly action: string
  readonly name?: string
  readonly onName: (name: string) => Promise<unknown>
  readonly onClose: () => void
}

function NameDialog({ title, action, name = '', onName, onClose }: NameDialogProps) {
  const [text, setText] = useState(name)
  return (
    <Dialog title={title} action={action} onAct={() => onName(text)} onClose={onClose}>
      <Field label="Name" hint="For people.">
        <input required maxLength={100} value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
    </Dialog>
  )
}

interface CardProps {
  readonly application: Application
  readonly open: boolean
  readonly reload: () => void
}

function ApplicationCard({ application: { id, name, createdAt }, open, reload }: CardProps) {
  const may = useMay('operator')
  const [renaming, setRenaming] = useState(false)
  return (
    <section className="card" aria-label={name}>
      <div className="row between">
        <h2>
          <Link to={open ? '/applications' : `/applications/${id}`} aria-expanded={open}>
            {name}
          </Link>
        </h2>
        <span className="row soft">
          <span className="mono">{id}</span> added <Time at={createdAt} />
          <Link to={`/sessions?application=${id}`}>its sessions</Link>
          {may && (
            <button type="button" className="plain" onClick={() => setRenaming(true)} aria-label={`Rename ${name}`}>
              Rename …
            </button>
          )}
        </span>
      </div>
      {open && <Keys application={id} />}
      {renaming && (
        <NameDialog
          title={`Rename ${name}`}
          action="Rename it"
          name={name}
          onName={async (next) => {
            await call('PATCH', `/applications/${part(id)}`, { name: next })
            reload()
          }}
          onClose={() => setRenaming(false)}
        />
      )}
    </section>
  )
}

interface Made {
  readonly key: string
  readonly record: ApplicationKey
}

type Asking = { readonly what: 'make' } | { readonly what: 'rotate' | 'revoke'; readonly key: ApplicationKey }

function Keys({ application }: { readonly application: string }) {
  const got = useGet<ApplicationKey[]>(`/applications/${part(application)}/keys`)
  const may = useMay('operator')
  const [asking, setAsking] = useState<Asking>()
  const [made, setMade] = useState<Made>()
  const close = () => setAsking(undefined)
  const show = (next: Made) => {
    setMade(next)
    got.reload()
  }
  return (
    <>
      {may && (
        <div>
          <button type="button" onClick={() => setAsking({ what: 'make' })}>
            Make a key …
          </button>
        </div>
      )}
      <Shown got={got}>
        {(keys) =>
          keys.length === 0 ? (
            <p className="soft">No key yet: the application cannot ask for anything.</p>
          ) : (
            <KeyTable keys={keys} may={may} onAsk={setAsking} />
          )
        }
      </Shown>
      {asking?.what === 'make' && <MakeDialog application={application} onMade={show} onClose={close} />}
      {asking?.what === 'rotate' && <RotateDialog old={asking.key} onMade={show} onClose={close} />}
      {asking?.what === 'revoke' && (
        <Dialog
          title="Revoke the key?"
          action="Revoke it"
          danger
          onAct={async () => {
            await call('DELETE', `/keys/${part(asking.key.prefix)}`)
            got.reload()
          }}
          onClose={close}
        >
          <p>
            <code>{asking.key.prefix}</code> is refused from the next request on. Sessions that were made with it go on.
            This cannot be undone.
          </p>
        </Dialog>
      )}
      {made && (
        <Dialog title="The key, this once" onClose={() => setMade(undefined)}>
          <p>Only its hash is kept: copy it now, and keep it where secrets are kept.</p>
          <code className="secret" data-testid="new-key">
            {made.key}
          </code>
          <Copy text={made.key} what="the key" />
        </Dialog>
      )}
    </>
  )
}

interface KeyTableProps {
  readonly keys: readonly ApplicationKey[]
  readonly may: boolean
  readonly onAsk: (asking: Asking) => void
}

function KeyTable({ keys, may, onAsk }: KeyTableProps) {
  const now = useNow()
  return (
    <div className="scroll-x">
      <table>
        <thead>
          <tr>
            <th>Key</th>
            <th>For</th>
            <th>Clients</th>
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
              <td className="mono">row_{key.prefix}_…</td>
              <td>{key.name ?? '–'}</td>
              <td>{key.client === undefined ? key.compatibility : `OAuth: ${key.client.grantTypes.join(', ')}`}</td>
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
                <KeyState record={key} now={now} />
              </td>
              <td>
                {may && isGood(key) && (
                  <span className="row">
                    <button
                      type="button"
                      className="plain"
                      onClick={() => onAsk({ what: 'rotate', key })}
                      aria-label={`Rotate ${key.prefix}`}
                    >
                      Rotate …
                    </button>
                    <button
                      type="button"
                      className="plain"
                      onClick={() => onAsk({ what: 'revoke', key })}
                      aria-label={`Revoke ${key.prefix}`}
                    >
                      Revoke …
                    </button>
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
const isGood = ({ revokedAt, expiresAt }: ApplicationKey): boolean =>
  revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > Date.now())

function KeyState({ record }: { readonly record: ApplicationKey; readonly now: number }) {
  const { revokedAt, expiresAt } = record
  if (revokedAt !== undefined) return <Status kind="off">revoked</Status>
  if (!isGood(record)) return <Status kind="off">expired</Status>
  if (expiresAt === undefined) return <Status kind="good">good</Status>
  return (
    <>
      <Status kind="wait">good until</Status> <Time at={expiresAt} />
    </>
  )
}

interface MakeProps {
  readonly onMade: (made: Made) => void
  readonly onClose: () => void
}

function MakeDialog({ application, onMade, onClose }: MakeProps & { readonly application: string }) {
  const [name, setName] = useState('')
  const [compatibility, setCompatibility] = useState('camara')
  const [days, setDays] = useState('')
  const make = async () => {
    const expiresAt = days === '' ? undefined : new Date(Date.now() + Number(days) * 86_400_000).toISOString()
    const body = { compatibility, ...(name !== '' && { name }), ...(expiresAt && { expiresAt }) }
    onMade(await call<Made>('POST', `/applications/${part(application)}/keys`, body))
  }
  return (
    <Dialog title="Make a key" action="Make it" onAct={make} onClose={onClose}>
      <Field label="What it is for" hint="Such as a machine or a stage. May be empty.">
        <input maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field label="Clients" hint="camara is the contract as written; nokia is kind to Nokia's SDKs.">
        <select value={compatibility} onChange={(event) => setCompatibility(event.target.value)}>
          <option value="camara">camara</option>
          <option value="nokia">nokia</option>
        </select>
      </Field>
      <Field label="Days it is good" hint="Empty: until it is revoked.">
        <input type="number" min="1" max="3650" value={days} onChange={(event) => setDays(event.target.value)} />
      </Field>
    </Dialog>
  )
}

function RotateDialog({ old, onMade, onClose }: MakeProps & { readonly old: ApplicationKey }) {
  const [hours, setHours] = useState('24')
  const rotate = async () =>
    onMade(
      await call<Made>('POST', `/keys/${part(old.prefix)}/rotate`, {
        overlapSeconds: Math.round(Number(hours) * 3600),
      }),
    )
  return (
    <Dialog title="Rotate the key" action="Make the new one" onAct={rotate} onClose={onClose}>
      <p>
        A new key that may do the same. <code>{old.prefix}</code> stays good while you replace it, and is refused
        afterwards.
      </p>
      <Field label="Hours that both are good" hint="0 to 168.">
        <input
          type="number"
          min="0"
          max="168"
          step="0.5"
          required
          value={hours}
          onChange={(event) => setHours(event.target.value)}
        />
      </Field>
    </Dialog>
  )
}
