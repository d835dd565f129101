// Who is signed in, and which page they look at.

import { useCallback, useEffect, useState } from 'react'
import { ApiError, beSignedIn, get } from './api/client.js'
import { live } from './api/live.js'
import type { Me } from './api/types.js'
import { MeContext } from './lib/me.js'
import { usePath } from './lib/router.js'
import { Applications } from './pages/applications.js'
import { Audit } from './pages/audit.js'
import { Devices } from './pages/devices.js'
import { Invitation } from './pages/invitation.js'
import { Overview } from './pages/overview.js'
import { Playground } from './pages/playground.js'
import { Profiles } from './pages/profiles.js'
import { Refused } from './pages/refused.js'
import { Sandbox } from './pages/sandbox.js'
import { SessionPage } from './pages/session.js'
import { Sessions } from './pages/sessions.js'
import { SignIn } from './pages/sign-in.js'
import { Users } from './pages/users.js'
import { Shell } from './shell.js'
import { Empty, ErrorNote, Loading } from './ui/feedback.js'
import { Link } from './ui/link.js'

type State = { readonly who: 'unknown' } | { readonly who: 'nobody' } | { readonly who: 'someone'; readonly me: Me }

export function App() {
  const path = usePath()
  const [state, setState] = useState<State>({ who: 'unknown' })
  const [error, setError] = useState<ApiError>()
  const signedOut = useCallback(() => {
    live.close()
    setState({ who: 'nobody' })
  }, [])
  const signedIn = useCallback(
    (me: Me) => {
      beSignedIn(me, signedOut)
      live.beSignedIn(me.user.id, signedOut)
      setState({ who: 'someone', me })
    },
    [signedOut],
  )
  const ask = useCallback(() => {
    setError(undefined)
    // Asking who one is, signed out, would be an error.
    get<{ signedIn: boolean }>('/sign-in')
      .then(async ({ signedIn: known }) => (known ? signedIn(await get<Me>('/me')) : setState({ who: 'nobody' })))
      .catch((reason: unknown) =>
        setError(reason instanceof ApiError ? reason : new ApiError(0, 'INTERNAL', String(reason))),
      )
  }, [signedIn])
  useEffect(() => ask(), [ask])

  if (path === '/invitation') return <Invitation onSignedIn={signedIn} />
  if (path === '/refused') return <Refused />
  if (error) {
    return (
      <div className="sign-in">
        <main>
          <ErrorNote error={error} retry={ask} />
        </main>
      </div>
    )
  }
  if (state.who === 'unknown') return <Loading />
  if (state.who === 'nobody') return <SignIn onSignedIn={signedIn} />
  return (
    <MeContext.Provider value={state.me}>
      <Shell path={path} onSignedOut={signedOut}>
        <Page path={path} />
      </Shell>
    </MeContext.Provider>
  )
}

function Page({ path }: { readonly path: string }) {
  const [, first = '', second] = path.split('/')
  switch (first) {
    case '':
      return <Overview />
    case 'sessions':
      return second === undefined ? <Sessions /> : <SessionPage key={second} id={second} />
    case 'applications':
      return <Applications selected={second} />
    case 'playground':
      return <Playground />
    case 'devices':
      return <Devices />
    case 'profiles':
      return <Profiles />
    case 'sandbox':
      return <Sandbox />
    case 'users':
      return <Users />
    case 'audit':
      return <Audit show={second} />
    default:
      return (
        <Empty title="There is no such page">
          <Link to="/">Go to the overview</Link>
        </Empty>
      )
  }
}
