import { useEffect, useState } from 'react'
import { useGet } from '../api/use-get.js'
import { href } from '../lib/router.js'

interface SignInMethods {
  readonly sso?: string
}

/** What to say, by what is behind the #; `at` is where they signed in. */
const REASONS: Readonly<Record<string, (at: string) => readonly [what: string, whatNow: string]>> = {
  role: (at) => [
    `${at} identified you, but your account there has no role here.`,
    'Ask the operator of this gateway which group you need, and sign in again when you are in it.',
  ],
  denied: (at) => [`${at} refused the sign-in, or you cancelled it there.`, 'You can try again.'],
  late: (at) => [
    `The answer from ${at} belongs to no sign-in that this browser started within the last ten minutes.`,
    'Start again in one tab, at the address of this page.',
  ],
  often: () => ['There were too many attempts to sign in from your address.', 'Try again in 15 minutes.'],
  provider: (at) => [
    `${at} did not answer, or its answer was not valid.`,
    'Try again. If the problem remains, the operator of this gateway finds the reason in its log.',
  ],
}

/** Says to somebody who tried to sign in by SSO why they are not signed in. */
export function Refused() {
  const [why] = useState(() => location.hash.slice(1))
  const methods = useGet<SignInMethods>('/sign-in')
  useEffect(() => {
    document.title = 'Not signed in · Right of Way'
  }, [])
  const at = methods.data?.sso ?? 'the OpenID provider'
  const [what, whatNow] = (REASONS[why] ?? REASONS['provider'])?.(at) ?? []
  return (
    <div className="sign-in">
      <main>
        <div className="card">
          <h1>You are not signed in</h1>
          <p className="note wait">{what && what.charAt(0).toUpperCase() + what.slice(1)}</p>
          <p>{whatNow}</p>
          <a className="button" href={href('/')}>
            Go to the sign-in
          </a>
        </div>
      </main>
    </div>
  )
}
