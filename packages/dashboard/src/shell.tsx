import { type ReactNode, useEffect, useState } from 'react'
import { call } from './api/client.js'
import { fileUrl } from './lib/base.js'
import { useMay, useMe } from './lib/me.js'
import { useShortcuts } from './lib/shortcuts.js'
import { type Theme, useTheme } from './lib/theme.js'
import { HealthBar } from './pages/health-bar.js'
import { PasswordDialog } from './pages/password.js'
import { SandboxBar } from './pages/sandbox-bar.js'
import { useAction } from './ui/dialog.js'
import { Link } from './ui/link.js'
import { Stale } from './ui/stale.js'

interface Place {
  readonly path: string
  readonly name: string
  /** After `g`. */
  readonly letter: string
}

/** The pages somebody may open. */
function usePlaces(): readonly Place[] {
  const { sandbox } = useMe()
  const [acts, rules] = [useMay('operator'), useMay('admin')]
  return [
    { path: '/', name: 'Overview', letter: 'o' },
    { path: '/sessions', name: 'Sessions', letter: 's' },
    { path: '/applications', name: 'Applications', letter: 'a' },
    ...(acts ? [{ path: '/playground', name: 'Playground', letter: 'p' }] : []),
    { path: '/devices', name: 'Devices', letter: 'd' },
    { path: '/profiles', name: 'Profiles', letter: 'r' },
    ...(sandbox ? [{ path: '/sandbox', name: 'Sandbox', letter: 'b' }] : []),
    ...(rules ? [{ path: '/users', name: 'Users', letter: 'u' }] : []),
    ...(acts ? [{ path: '/audit', name: 'Audit log', letter: 'l' }] : []),
  ]
}

interface ShellProps {
  readonly path: string
  readonly onSignedOut: () => void
  readonly children: ReactNode
}

export function Shell({ path, onSignedOut, children }: ShellProps) {
  const places = usePlaces()
  const { user, sandbox } = useMe()
  const [theme, setTheme] = useTheme()
  const [changing, setChanging] = useState(false)
  const { busy, run } = useAction()
  useShortcuts(Object.fromEntries(places.map(({ letter, path: to }) => [letter, to])))
  const here = places.find((place) => place.path === `/${path.split('/')[1] ?? ''}`)
  useEffect(() => {
    document.title = `${here?.name ?? 'Not found'} · Right of Way`
  }, [here])

  return (
    <div className="shell">
      <header className="side">
        <div className="brand">
          <img src={fileUrl('icon.svg')} alt="" width="22" height="22" />
          <span>Right of Way</span>
        </div>
        <nav aria-label="Pages">
          {places.map(({ path: to, name, letter }) => (
            <Link
              key={to}
              to={to}
              aria-current={here?.path === to ? 'page' : undefined}
              aria-keyshortcuts={`g ${letter}`}
            >
              {name}
              <kbd aria-hidden="true">g {letter}</kbd>
            </Link>
          ))}
        </nav>
        <div className="side-foot">
          <label className="who">
            <span className="hint">Colours</span>
            <select value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
              <option value="auto">as the system</option>
              <option value="light">light</option>
              <option value="dark">dark</option>
            </select>
          </label>
          <span className="who">
            {user.name} <span className="soft">({user.role})</span>
          </span>
          {!user.sso && (
            <button type="button" className="who" onClick={() => setChanging(true)}>
              Change password
            </button>
          )}
          <button type="button" disabled={busy} onClick={() => run(() => call('POST', '/sign-out'), onSignedOut)}>
            Sign out
          </button>
        </div>
      </header>
      <main id="main" className={path === '/sessions' ? 'fill' : ''}>
        {sandbox && <SandboxBar />}
        <HealthBar />
        <Stale />
        {children}
      </main>
      {changing && <PasswordDialog onClose={() => setChanging(false)} />}
    </div>
  )
}
