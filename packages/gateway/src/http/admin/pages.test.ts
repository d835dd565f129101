import type { ApplicationId } from '@rightofway/camara'
import { expect, it } from 'vitest'
import { withGateway } from '../../../test/support/gateway.js'
import { NOON } from '../../domain/session.fixture.js'
import type { UserId } from '../../domain/user.js'
import type { Store } from '../../ports/store/store.js'
import { MAX_PAGE } from './schemas.js'

const OWNER = 'app-0000' as ApplicationId

/** Adds one item, whose place in its list is `name`. */
const ADD = {
  '/applications': ({ applications }: Store, name: string) =>
    applications.create({ id: `app-${name}` as ApplicationId, name, createdAt: NOON }),
  [`/applications/${OWNER}/keys`]: ({ applications }: Store, name: string) =>
    applications.addKey({ prefix: name, application: OWNER, hash: name, compatibility: 'camara', createdAt: NOON }),
  '/users': ({ users }: Store, name: string) =>
    users.add({ id: `u-${name}` as UserId, name, role: 'viewer', createdAt: NOON }),
  '/profiles': ({ profiles }: Store, name: string) =>
    profiles.put({ name, status: 'ACTIVE' }, { by: 'a test', at: NOON }),
}

it.each(Object.entries(ADD))('%s lists at most a page, and the next one after its last item', (path, add) =>
  withGateway(async ({ store, admin, callAdmin }) => {
    await store.applications.create({ id: OWNER, name: 'owner', createdAt: NOON })
    const names = Array.from({ length: MAX_PAGE + 2 }, (_, n) => `z${String(n).padStart(4, '0')}`)
    await Promise.all(names.map((name) => add(store, name)))
    type Item = Readonly<Record<'id' | 'name' | 'prefix', string>>
    const cursorOf = ({ id, name, prefix }: Item) => prefix ?? (path === '/applications' ? id : name)
    const first = await admin<Item[]>('GET', path)
    expect(first).toHaveLength(MAX_PAGE)
    const second = await admin<Item[]>('GET', `${path}?after=${cursorOf(first.at(-1) as Item)}`)
    const all = [...first, ...second]
    expect(all.map(cursorOf)).toEqual([...new Set(all.map(cursorOf))])
    const known = all.map(({ name, prefix }) => prefix ?? name)
    for (const name of names) expect(known).toContain(name)
    expect(await admin('GET', `${path}?after=${cursorOf(all.at(-1) as Item)}`)).toEqual([])
    expect(await callAdmin('GET', `${path}?after=`)).toMatchObject({ status: 400 })
  }),
)
