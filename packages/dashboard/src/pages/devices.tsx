import { useDeferredValue, useState } from 'react'
import { call, get, part } from '../api/client.js'
import type { DeviceAddress, KnownDevice } from '../api/types.js'
import { useGet } from '../api/use-get.js'
import { useMay } from '../lib/me.js'
import { Dialog, useAction } from '../ui/dialog.js'
import { Empty, ErrorNote, Shown } from '../ui/feedback.js'
import { Field } from '../ui/field.js'
import { Link } from '../ui/link.js'
import { RowAction } from '../ui/row-action.js'

/** As many as one answer holds. */
const PAGE = 1_000

export function Devices() {
  const [search, setSearch] = useState('')
  const asked = useDeferredValue(search.trim())
  const query = asked === '' ? '' : `search=${part(asked)}`
  const got = useGet<KnownDevice[]>(`/devices?${query}`)
  const may = useMay('operator')
  const [more, setMore] = useState<readonly KnownDevice[]>([])
  const [editing, setEditing] = useState<KnownDevice | 'new'>()
  const [importing, setImporting] = useState(false)
  const [deleting, setDeleting] = useState<KnownDevice>()
  const { busy, error, run } = useAction()
  const changed = () => {
    setMore([])
    got.reload()
  }
  return (
    <>
      <div className="head">
        <h1>Devices</h1>
        {may && (
          <span className="row">
            <button type="button" onClick={() => setImporting(true)}>
              Import …
            </button>
            <button type="button" className="primary" onClick={() => setEditing('new')}>
              Add a device …
            </button>
          </span>
        )}
      </div>
      <search className="filters">
        <input
          type="search"
          aria-label="Search"
          placeholder="Search  ( / )"
          value={search}
          maxLength={128}
          onChange={(event) => {
            setMore([])
            setSearch(event.target.value)
          }}
        />
      </search>
      <Shown got={got}>
        {(first) => {
          const all = [...first, ...more]
          const last = all.at(-1)?.device
          if (all.length === 0 && asked !== '') return <p role="status">No device matches.</p>
          if (all.length === 0) {
            return (
              <Empty title="No devices yet">
                <p>
                  A session is for a device. Add devices here, import a file, or let your DHCP or RADIUS server bind
                  addresses.
                </p>
              </Empty>
            )
          }
          return (
            <div className="stack">
              <div className="scroll-x">
                <table>
                  <thead>
                    <tr>
                      <th>Device</th>
                      <th>Phone number</th>
                      <th>Network access identifier</th>
                      <th>Addresses</th>
                      <th>
                        <span className="hidden-visually">Act</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {all.map((device) => (
                      <tr key={device.device}>
                        <td>
                          <Link to={`/sessions?device=${part(device.device)}`}>{device.device}</Link>
                        </td>
                        <td className="num">{device.phoneNumber ?? '–'}</td>
                        <td>{device.networkAccessIdentifier ?? '–'}</td>
                        <td className="mono wrap">{device.addresses.map(addressText).join(', ') || 'none'}</td>
                        <td>
                          {may && (
                            <span className="row">
                              <RowAction label={`Edit ${device.device}`} onAct={() => setEditing(device)}>
                                Edit …
                              </RowAction>
                              <RowAction label={`Forget ${device.device}`} onAct={() => setDeleting(device)}>
                                Forget …
                              </RowAction>
                            </span>
                          )}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              {error && <ErrorNote error={error} />}
              {(more.length === 0 ? first.length : more.length % PAGE === 0 ? PAGE : 0) === PAGE &&
                last !== undefined && (
                  <div>
                    <button
                      type="button"
                      disabled={busy}
                      onClick={() =>
                        run(async () =>
                          setMore([...more, ...(await get<KnownDevice[]>(`/devices?after=${part(last)}&${query}`))]),
                        )
                      }
                    >
                      More
                    </button>
                  </div>
                )}
            </div>
          )
        }}
      </Shown>
      {editing && (
        <DeviceDialog
          device={editing === 'new' ? undefined : editing}
          onSaved={changed}
          onClose={() => setEditing(undefined)}
        />
      )}
      {importing && <ImportDialog onSaved={changed} onClose={() => setImporting(false)} />}
      {deleting && (
        <Dialog
          title={`Forget ${deleting.device}?`}
          action="Delete it"
          danger
          onAct={async () => {
            await call('DELETE', `/devices/${part(deleting.device)}`)
            changed()
          }}
          onClose={() => setDeleting(undefined)}
        >
          <p>New sessions for this device are refused. Its sessions continue.</p>
        </Dialog>
      )}
    </>
  )
}

function addressText({ address, publicAddress, publicPorts }: DeviceAddress): string {
  if (publicAddress === undefined) return address
  return `${address} as ${publicAddress}${publicPorts === undefined ? '' : `:${publicPorts.from}-${publicPorts.to}`}`
}

/** `192.0.2.25 as 233.252.0.2:80-80`, one a line. */
function parseAddress(line: string): DeviceAddress {
  const [address = '', shown] = line.split(/\s+as\s+/)
  if (shown === undefined) return { address }
  const [publicAddress = '', ports] = shown.split(':')
  const [from = '', to = from] = (ports ?? '').split('-')
  return { address, publicAddress, ...(ports && { publicPorts: { from: Number(from), to: Number(to) } }) }
}

interface DialogProps {
  readonly onSaved: () => void
  readonly onClose: () => void
}

function DeviceDialog({ device, onSaved, onClose }: DialogProps & { readonly device: KnownDevice | undefined }) {
  const [id, setId] = useState(device?.device ?? '')
  const [phone, setPhone] = useState(device?.phoneNumber ?? '')
  const [nai, setNai] = useState(device?.networkAccessIdentifier ?? '')
  const [supi, setSupi] = useState(device?.supi ?? '')
  const [addresses, setAddresses] = useState(device?.addresses.map(addressText).join('\n') ?? '')
  const save = async () => {
    // What others said of an address stays theirs, unless it was changed here.
    const known = new Map(device?.addresses.map((address) => [addressText(address), address]))
    const lines = addresses.split('\n').map((line) => line.trim())
    await call('PUT', `/devices/${part(id)}`, {
      ...(phone !== '' && { phoneNumber: phone }),
      ...(nai !== '' && { networkAccessIdentifier: nai }),
      ...(supi !== '' && { supi }),
      // What was sold for it is not edited here.
      ...(device?.services && { services: device.services }),
      ...(device?.profiles && { profiles: device.profiles }),
      addresses: lines.filter(Boolean).map((line) => known.get(line) ?? parseAddress(line)),
    })
    onSaved()
  }
  return (
    <Dialog
      title={device === undefined ? 'Add a device' : `Edit ${device.device}`}
      action="Save"
      onAct={save}
      onClose={onClose}
    >
      <Field label="Name" hint="Id of the device for operators: letters, digits, . _ -">
        <input
          required
          pattern="[A-Za-z0-9_.\-]+"
          maxLength={64}
          readOnly={device !== undefined}
          value={id}
          onChange={(event) => setId(event.target.value)}
        />
      </Field>
      <Field label="Phone number" hint="With + and without spaces. Optional.">
        <input value={phone} onChange={(event) => setPhone(event.target.value)} />
      </Field>
      <Field label="Network access identifier" hint="user@realm. Optional.">
        <input value={nai} onChange={(event) => setNai(event.target.value)} />
      </Field>
      <Field label="SUPI" hint="For a PCF: imsi-001010000000001. Optional.">
        <input value={supi} onChange={(event) => setSupi(event.target.value)} />
      </Field>
      <Field
        label="Addresses"
        hint="One per line: 192.0.2.25, or 192.0.2.25 as 233.252.0.2:1000-1999 behind NAT, or 2001:db8::/64."
      >
        <textarea rows={4} value={addresses} onChange={(event) => setAddresses(event.target.value)} />
      </Field>
    </Dialog>
  )
}

function ImportDialog({ onSaved, onClose }: DialogProps) {
  const [text, setText] = useState('')
  const save = async () => {
    // All or none: where a line is wrong the gateway names it, and nothing was changed.
    await call('POST', '/import-devices', { format: 'csv', text })
    onSaved()
  }
  return (
    <Dialog title="Import devices" action="Import" onAct={save} onClose={onClose}>
      <Field label="A file" hint="CSV. Its text is shown below before the import.">
        <input
          type="file"
          accept=".csv,text/csv"
          onChange={(event) => {
            const [file] = event.target.files ?? []
            if (file === undefined) return
            file.text().then(setText, () => setText(''))
          }}
        />
      </Field>
      <Field
        label="One device per line"
        hint={
          'The first line names the columns: device, and any of phoneNumber, networkAccessIdentifier, supi, ' +
          'addresses, publicAddress, publicPorts, services, profiles. Items of lists are separated by spaces.'
        }
      >
        <textarea
          rows={10}
          required
          placeholder={'device,phoneNumber,addresses\ncam-7,+36721601234567,192.0.2.25'}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
    </Dialog>
  )
}
