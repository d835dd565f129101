// What an application shows with its requests: keys, and clients of the gateway's authorization server.

import { useState } from 'react'
import { call, part } from '../api/client.js'
import type { ApplicationKey, MadeKey } from '../api/types.js'
import { useList } from '../api/use-get.js'
import { useMay } from '../lib/me.js'
import { Copy } from '../ui/copy.js'
import { Dialog } from '../ui/dialog.js'
import { Shown } from '../ui/feedback.js'
import { ClientDialog, GRANTS } from './client-dialog.js'
import { KeyDialog } from './key-dialog.js'
import { isGood, KeyTable } from './key-table.js'
import { RotateDialog } from './rotate-dialog.js'

export type Asking =
  | { readonly what: 'key' | 'client' }
  | { readonly what: 'rotate' | 'revoke'; readonly key: ApplicationKey }

export function Credentials({ application }: { readonly application: string }) {
  const got = useList<ApplicationKey>(`/applications/${part(application)}/keys`, ({ prefix }) => prefix)
  const may = useMay('operator')
  const [asking, setAsking] = useState<Asking>()
  const [made, setMade] = useState<MadeKey>()
  const close = () => setAsking(undefined)
  const show = (next: MadeKey) => {
    setMade(next)
    got.reload()
  }
  return (
    <>
      <Shown got={got}>
        {(all) => {
          const keys = all.filter(({ client }) => client === undefined)
          const clients = all.filter(({ client }) => client !== undefined)
          return (
            <>
              <div className="row between">
                <h3>Keys</h3>
                {may && (
                  <button type="button" onClick={() => setAsking({ what: 'key' })}>
                    Create a key …
                  </button>
                )}
              </div>
              {keys.length === 0 ? (
                <p className="soft">
                  No key yet{clients.some(isGood) ? '.' : ': the application cannot send requests.'}
                </p>
              ) : (
                <KeyTable
                  label="Keys"
                  named="Key"
                  told="Clients"
                  tell={({ compatibility }) => compatibility}
                  keys={keys}
                  onAsk={may ? setAsking : undefined}
                />
              )}
              <div className="row between">
                <h3>OAuth clients</h3>
                {may && (
                  <button type="button" onClick={() => setAsking({ what: 'client' })}>
                    Create a client …
                  </button>
                )}
              </div>
              {clients.length === 0 ? (
                <p className="soft">
                  No client yet. Clients get access tokens from this gateway if it is an authorization server (setting{' '}
                  <code>oauth.server</code>).
                </p>
              ) : (
                <KeyTable
                  label="OAuth clients"
                  named="Client id"
                  told="Grant types"
                  tell={({ client }) => client?.grantTypes.map((grant) => GRANTS[grant].name).join(', ') ?? ''}
                  keys={clients}
                  onAsk={may ? setAsking : undefined}
                />
              )}
            </>
          )
        }}
      </Shown>
      {asking?.what === 'key' && <KeyDialog application={application} onMade={show} onClose={close} />}
      {asking?.what === 'client' && <ClientDialog application={application} onMade={show} onClose={close} />}
      {asking?.what === 'rotate' && <RotateDialog old={asking.key} onMade={show} onClose={close} />}
      {asking?.what === 'revoke' && <RevokeDialog record={asking.key} onRevoked={got.reload} onClose={close} />}
      {made && <MadeDialog made={made} onClose={() => setMade(undefined)} />}
    </>
  )
}

interface RevokeProps {
  readonly record: ApplicationKey
  readonly onRevoked: () => void
  readonly onClose: () => void
}

function RevokeDialog({ record: { prefix, client }, onRevoked, onClose }: RevokeProps) {
  return (
    <Dialog
      title={client === undefined ? 'Revoke the key?' : 'Revoke the client?'}
      action="Revoke it"
      danger
      onAct={async () => {
        await call('DELETE', `/keys/${part(prefix)}`)
        onRevoked()
      }}
      onClose={onClose}
    >
      <p>
        <code>{prefix}</code> is refused immediately{client && ', together with its tokens'}. Its sessions continue.
        This cannot be undone.
      </p>
    </Dialog>
  )
}

function MadeDialog({ made: { key, record }, onClose }: { readonly made: MadeKey; readonly onClose: () => void }) {
  const what = record.client === undefined ? 'key' : 'secret'
  return (
    <Dialog title={key === undefined ? 'The client is made' : `Copy the ${what} now`} onClose={onClose}>
      {record.client && (
        <>
          <p>The client id is public:</p>
          <code className="secret" data-testid="client-id">
            {record.prefix}
          </code>
          <Copy text={record.prefix} what="the client id" />
        </>
      )}
      {key !== undefined && (
        <>
          <p>Only the hash of the {what} is stored: it will not be shown again. Store it where you store secrets.</p>
          <code className="secret" data-testid="new-key">
            {key}
          </code>
          <Copy text={key} what={`the ${what}`} />
        </>
      )}
    </Dialog>
  )
}
