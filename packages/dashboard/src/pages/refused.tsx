import { useEffect, useState } from 'react'
import { useGet } from '../api/use-get.js'
import { href } from '../lib/router.js'

interface SignInMethods {
  readonly sso?: string
}

/** What to say, by what is behind the #; `at` is where they signed in. */
const REASONS: Readonly<Record<string, (at: string) => readonly [what: string, whatNow: string]>> = {
  role: (at) => [
    `${at} knows who you are, and what it says of you gives you no role here.`,
    'Ask whoever runs this gateway which group you need to be in, and sign in again once you are.',
  ],
  denied: (at) => [`${at} did not let you in, or you said no there.`, 'You can try again.'],
  late: (at) => [
    `What came back from ${at} belongs to no sign-in that was begun in this browser within the last ten minutes.`,
    'Begin again, in one tab, at the address of this page.',
  ],
  often: () => ['There were too many attempts to sign in from your address.', 'Try again in a quarter of an hour.'],
  provider: (at) => [
    `${at} did not answer, or not as it should.`,
    'Try again. If it stays so, whoever runs this gateway finds the reason in its log.',
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
            To the sign-in
          </a>
        </div>
      </main>
    </div>
  )
}
