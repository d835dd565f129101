import { afterAll, beforeAll } from 'vitest'
import { describeStore } from '../../../test/contracts/store.js'
import { startPostgres, type TestPostgres } from '../../../test/support/postgres.js'
import { openPostgresStore } from './store.js'

let postgres: TestPostgres
let url: string
beforeAll(async () => {
  postgres = await startPostgres()
  url = await postgres.database()
})
afterAll(() => postgres.close())

describeStore('postgres', async (time) => {
  await postgres.empty(url)
  const open = () => openPostgresStore({ url, name: 'test', realNow: time.realNow })
  let store = await open()
  return {
    store,
    async reopen() {
      await store.close()
      store = await open()
      return store
    },
    close: () => store.close(),
  }
})
