import type { CreateSession, QosProfile, SessionInfo } from '@rightofway/camara'
import { type FormEvent, useEffect, useMemo, useState } from 'react'
import { ApiError, call, part } from '../api/client.js'
import { live } from '../api/live.js'
import type { Application } from '../api/types.js'
import { useGet, useList } from '../api/use-get.js'
import { useLive, useNow } from '../api/use-live.js'
import { GATEWAY } from '../lib/base.js'
import { clockText } from '../lib/format.js'
import { useMe } from '../lib/me.js'
import { portsSpec } from '../lib/ports.js'
import { LANGUAGES, type Language, snippet } from '../lib/snippets.js'
import { Copy } from '../ui/copy.js'
import { Empty, ErrorNote, Shown } from '../ui/feedback.js'
import { Field } from '../ui/field.js'
import { Link } from '../ui/link.js'
import { SessionStatus } from '../ui/status.js'
import { Time } from '../ui/time.js'
import type { SandboxInbox } from './inbox.js'

const KINDS = {
  phoneNumber: 'Phone number',
  ipv4Address: 'IPv4 address (public:port, or public/private)',
  ipv6Address: 'IPv6 address',
  networkAccessIdentifier: 'Network access identifier',
} as const
type Kind = keyof typeof KINDS

interface Wishes {
  readonly kind: Kind
  readonly device: string
  readonly profile: string
  readonly server: string
  readonly serverPorts: string
  readonly devicePorts: string
  readonly duration: string
  readonly sink: string
}

const SANDBOX_WISHES = { device: '+36721601234567', server: '233.252.0.2' }

function deviceOf(kind: Kind, text: string): NonNullable<CreateSession['device']> {
  if (kind !== 'ipv4Address') return { [kind]: text }
  const [publicAddress = '', privateAddress] = text.split('/')
  const [address = '', port] = publicAddress.split(':')
  const named = {
    publicAddress: address,
    ...(privateAddress && { privateAddress }),
    ...(port && { publicPort: Number(port) }),
  }
  return { ipv4Address: named as NonNullable<NonNullable<CreateSession['device']>['ipv4Address']> }
}

function bodyOf({ kind, device, profile, server, serverPorts, devicePorts, duration, sink }: Wishes): CreateSession {
  const addresses = server.split(/[\s,]+/).filter(Boolean)
  const [ipv6, ipv4] = [
    addresses.filter((address) => address.includes(':')),
    addresses.filter((address) => !address.includes(':')),
  ]
  const pair = ipv4.length <= 1 && ipv6.length <= 1
  const [own, theirs] = [portsSpec(devicePorts), portsSpec(serverPorts)]
  return {
    device: deviceOf(kind, device.trim()),
    applicationServer: pair
      ? ({
          ...(ipv4[0] && { ipv4Address: ipv4[0] }),
          ...(ipv6[0] && { ipv6Address: ipv6[0] }),
        } as CreateSession['applicationServer'])
      : { ipAddresses: addresses as [string, ...string[]] },
    ...(own && { devicePorts: own }),
    ...(theirs && { applicationServerPorts: theirs }),
    qosProfile: profile,
    duration: Number(duration),
    ...(sink.trim() !== '' && { sink: sink.trim() }),
  }
}

/** Members of the body by the field that they come from. What the API says of a member is shown there. */
const FIELDS: readonly (readonly [member: RegExp, field: keyof Wishes])[] = [
  [/^device(?!Ports)|identifier|[Nn]o device/, 'device'],
  [/^applicationServerPorts/, 'serverPorts'],
  [/^applicationServer/, 'server'],
  [/^devicePorts/, 'devicePorts'],
  [/^qosProfile|QoS profile/, 'profile'],
  [/^duration/, 'duration'],
  [/^sink/, 'sink'],
]

const BY_CODE: Readonly<Record<string, keyof Wishes>> = {
  'QUALITY_ON_DEMAND.DURATION_OUT_OF_RANGE': 'duration',
  'QUALITY_ON_DEMAND.QOS_PROFILE_NOT_APPLICABLE': 'profile',
  IDENTIFIER_NOT_FOUND: 'device',
  UNSUPPORTED_IDENTIFIER: 'device',
  SERVICE_NOT_APPLICABLE: 'device',
  INVALID_SINK: 'sink',
}

const fieldOf = ({ code, message }: ApiError): keyof Wishes | undefined =>
  BY_CODE[code] ?? FIELDS.find(([member]) => member.test(message))?.[1]

export function Playground() {
  const { sandbox } = useMe()
  const applications = useList<Application>('/applications', ({ id }) => id)
  const profiles = useList<QosProfile>('/profiles', ({ name }) => name)
  const [application, setApplication] = useState('')
  const [wishes, setWishes] = useState<Wishes>({
    kind: 'phoneNumber',
    device: sandbox ? SANDBOX_WISHES.device : '',
    profile: 'QOS_L',
    server: sandbox ? SANDBOX_WISHES.server : '',
    serverPorts: '',
    devicePorts: '',
    duration: '3600',
    sink: '',
  })
  const inbox = useGet<SandboxInbox>(sandbox ? '/sandbox/inbox' : undefined).data?.sink
  useEffect(() => {
    if (inbox !== undefined) setWishes((before) => (before.sink === '' ? { ...before, sink: inbox } : before))
  }, [inbox])
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const [sent, setSent] = useState<SessionInfo>()
  const set = (field: keyof Wishes) => (event: { target: { value: string } }) =>
    setWishes((before) => ({ ...before, [field]: event.target.value }))
  const body = useMemo(() => bodyOf(wishes), [wishes])
  const field = error && fieldOf(error)
  const wrong = (name: keyof Wishes) => (field === name ? error?.message : undefined)
  const owner = application || applications.data?.[0]?.id

  const send = (event: FormEvent) => {
    event.preventDefault()
    if (owner === undefined) return
    setBusy(true)
    setError(undefined)
    call<SessionInfo>('POST', `/applications/${part(owner)}/sessions`, body)
      .then(setSent, (reason: unknown) =>
        setError(reason instanceof ApiError ? reason : new ApiError(0, 'INTERNAL', String(reason))),
      )
      .finally(() => setBusy(false))
  }

  return (
    <>
      <div className="head">
        <h1>Playground</h1>
      </div>
      <Shown got={applications}>
        {(known) =>
          known.length === 0 ? (
            <Empty title="There is no application">
              <p>Every session belongs to an application. Add one first.</p>
              <Link to="/applications">Go to the applications</Link>
            </Empty>
          ) : (
            <div className="stack">
              <form className="card" onSubmit={send} noValidate aria-label="The session to create">
                <div className="form">
                  <Field label="Application">
                    <select value={owner} onChange={(event) => setApplication(event.target.value)}>
                      {known.map(({ id, name }) => (
                        <option key={id} value={id}>
                          {name}
                        </option>
                      ))}
                    </select>
                  </Field>
                  <Field label="Device identified by">
                    <select value={wishes.kind} onChange={set('kind')}>
                      {Object.entries(KINDS).map(([kind, name]) => (
                        <option key={kind} value={kind}>
                          {name}
                        </option>
                      ))}
                    </select>
                  </Field>
                  <Field label="Device" error={wrong('device')}>
                    <input required value={wishes.device} onChange={set('device')} />
                  </Field>
                  <Field label="Server" hint="Addresses or prefixes, separated by commas." error={wrong('server')}>
                    <input required value={wishes.server} onChange={set('server')} />
                  </Field>
                  <Field label="Profile" error={wrong('profile')}>
                    <select value={wishes.profile} onChange={set('profile')}>
                      {(profiles.data ?? []).map(({ name, status }) => (
                        <option key={name} value={name}>
                          {name}
                          {status === 'ACTIVE' ? '' : ` (${status})`}
                        </option>
                      ))}
                    </select>
                  </Field>
                  <Field label="Duration" hint="Seconds." error={wrong('duration')}>
                    <input type="number" required value={wishes.duration} onChange={set('duration')} />
                  </Field>
                  <Field
                    label="Ports of the server"
                    hint="For example 443, 5000-5010. Empty: all."
                    error={wrong('serverPorts')}
                  >
                    <input value={wishes.serverPorts} onChange={set('serverPorts')} />
                  </Field>
                  <Field label="Ports of the device" hint="Empty: all." error={wrong('devicePorts')}>
                    <input value={wishes.devicePorts} onChange={set('devicePorts')} />
                  </Field>
                  <Field label="Sink" hint="URL for events. Optional." error={wrong('sink')}>
                    <input type="url" value={wishes.sink} onChange={set('sink')} />
                  </Field>
                </div>
                {error && field === undefined && <ErrorNote error={error} />}
                <div className="row">
                  <button type="submit" className="primary" disabled={busy}>
                    Send
                  </button>
                </div>
              </form>
              {sent && <Watched key={sent.sessionId} info={sent} />}
              <Snippets body={body} />
            </div>
          )
        }
      </Shown>
    </>
  )
}

function Snippets({ body }: { readonly body: CreateSession }) {
  const [language, setLanguage] = useState<Language>('TypeScript')
  const text = snippet(language, body, GATEWAY)
  return (
    <section className="card">
      <div className="row between">
        <h2>The same request in your program</h2>
        <Copy text={text} what="the code" />
      </div>
      <div className="tabs" role="tablist" aria-label="Language">
        {LANGUAGES.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-controls="snippet"
            aria-selected={name === language}
            onClick={() => setLanguage(name)}
          >
            {name}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled with the keyboard too */}
      <pre className="code" id="snippet" role="tabpanel" aria-labelledby={`tab-${language}`} tabIndex={0}>
        {text}
      </pre>
    </section>
  )
}

/** The created session, as it changes. */
function Watched({ info }: { readonly info: SessionInfo }) {
  useLive()
  const now = useNow()
  const session = live.find(info.sessionId)
  const status = session?.qosStatus ?? info.qosStatus
  const expiresAt = session === undefined ? info.expiresAt : session.expiresAt
  return (
    <section className="card" aria-label="The created session">
      <div className="row">
        <SessionStatus status={status} info={session?.statusInfo ?? info.statusInfo} />
        {expiresAt && (
          <>
            <span className="countdown" role="timer" aria-label="Time left">
              {clockText(Date.parse(expiresAt) - now)}
            </span>
            <span className="soft">
              until <Time at={expiresAt} />
            </span>
          </>
        )}
        {session?.statusInfo && <span className="soft">{session.statusInfo}</span>}
      </div>
      <p>
        <Link to={`/sessions/${info.sessionId}`}>Show its timeline, flow and events</Link>{' '}
        <span className="mono soft">{info.sessionId}</span>
      </p>
      <details>
        <summary>Answer of the API</summary>
        <pre className="code">{JSON.stringify(info, undefined, 2)}</pre>
      </details>
    </section>
  )
}
