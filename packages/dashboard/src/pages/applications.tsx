import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { Application } from '../api/types.js'
import { useList } from '../api/use-get.js'
import { useMay } from '../lib/me.js'
import { go } from '../lib/router.js'
import { Dialog } from '../ui/dialog.js'
import { Empty, Shown } from '../ui/feedback.js'
import { Field } from '../ui/field.js'
import { Link } from '../ui/link.js'
import { RowAction } from '../ui/row-action.js'
import { Status } from '../ui/status.js'
import { Time } from '../ui/time.js'
import { Credentials } from './credentials.js'
import { LimitsSection } from './limits.js'

export function Applications({ selected }: { readonly selected: string | undefined }) {
  const got = useList<Application>('/applications', ({ id }) => id)
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
              <p>An application owns sessions. It sends a key, which you create here, with every request.</p>
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

function ApplicationCard({ application: { id, name, createdAt, suspendedAt }, open, reload }: CardProps) {
  const may = useMay('operator')
  const [asking, setAsking] = useState<'rename' | 'suspend' | 'resume'>()
  const close = () => setAsking(undefined)
  const suspended = suspendedAt !== undefined
  return (
    <section className="card" aria-label={name}>
      <div className="row between">
        <h2>
          <Link to={open ? '/applications' : `/applications/${id}`} aria-expanded={open}>
            {name}
          </Link>{' '}
          {suspended && <Status kind="bad">suspended</Status>}
        </h2>
        <span className="row soft">
          <span className="mono">{id}</span> added <Time at={createdAt} />
          <Link to={`/sessions?application=${id}`}>its sessions</Link>
          {may && (
            <>
              <RowAction label={`Rename ${name}`} onAct={() => setAsking('rename')}>
                Rename …
              </RowAction>
              <button
                type="button"
                className="plain"
                onClick={() => setAsking(suspended ? 'resume' : 'suspend')}
                aria-label={`${suspended ? 'Resume' : 'Suspend'} ${name}`}
              >
                {suspended ? 'Resume …' : 'Suspend …'}
              </button>
            </>
          )}
        </span>
      </div>
      {open && (
        <>
          <Credentials application={id} />
          <LimitsSection application={id} />
        </>
      )}
      {(asking === 'suspend' || asking === 'resume') && (
        <Dialog
          title={suspended ? `Resume ${name}?` : `Suspend ${name}?`}
          action={suspended ? 'Resume it' : 'Suspend it'}
          danger={!suspended}
          onAct={async () => {
            await call(suspended ? 'DELETE' : 'PUT', `/applications/${part(id)}/suspension`)
            reload()
          }}
          onClose={close}
        >
          <p>
            {suspended
              ? 'Its keys and tokens are accepted again immediately.'
              : 'Its keys and tokens are refused immediately. Its sessions continue.'}
          </p>
        </Dialog>
      )}
      {asking === 'rename' && (
        <NameDialog
          title={`Rename ${name}`}
          action="Rename it"
          name={name}
          onName={async (next) => {
            await call('PATCH', `/applications/${part(id)}`, { name: next })
            reload()
          }}
          onClose={close}
        />
      )}
    </section>
  )
}
