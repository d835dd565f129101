import type { ApplicationId } from '@rightofway/camara'
import type { SigningSecret, SinkCredentialStore, TokenClient } from '../../ports/store/sink-credentials.js'
import { type SecretRow, toSecret } from '../store-common/rows/sink-credentials.js'
import type { ChangesHeard } from './changes-heard.js'
import type { Database } from './database.js'

export class PostgresSinkCredentials implements SinkCredentialStore {
  readonly #database: Database
  readonly changes: ChangesHeard

  constructor(database: Database, changes: ChangesHeard) {
    this.#database = database
    this.changes = changes
  }

  async tokenClient(application: ApplicationId): Promise<TokenClient | undefined> {
    const [row] = await this.#database.read<{ body: string }>({
      name: 'token-client',
      text: 'SELECT body FROM token_clients WHERE application = $1',
      values: [application],
    })
    return row && (JSON.parse(row.body) as TokenClient)
  }

  async setTokenClient(application: ApplicationId, client: TokenClient | undefined): Promise<void> {
    if (client === undefined) {
      await this.#write('DELETE FROM token_clients WHERE application = $1', [application])
    } else {
      await this.#write(
        `INSERT INTO token_clients (application, body) VALUES ($1, $2)
         ON CONFLICT (application) DO UPDATE SET body = excluded.body`,
        [application, JSON.stringify(client)],
      )
    }
  }

  async signingSecrets(application: ApplicationId): Promise<readonly SigningSecret[]> {
    const rows = await this.#database.read<SecretRow>({
      name: 'signing-secrets',
      text: `SELECT application, id, secret, created_at FROM signing_secrets WHERE application = $1
             ORDER BY created_at, id`,
      values: [application],
    })
    return rows.map(toSecret)
  }

  async addSigningSecret({ application, id, secret, createdAt }: SigningSecret): Promise<void> {
    await this.#write('INSERT INTO signing_secrets (application, id, secret, created_at) VALUES ($1, $2, $3, $4)', [
      application,
      id,
      secret,
      createdAt,
    ])
  }

  async deleteSigningSecret(application: ApplicationId, id: string): Promise<boolean> {
    const text = 'DELETE FROM signing_secrets WHERE application = $1 AND id = $2 RETURNING id'
    return (await this.#write(text, [application, id])).length > 0
  }

  watch(listener: () => void): () => void {
    return this.changes.watch(listener)
  }

  async #write(text: string, values: readonly unknown[]): Promise<object[]> {
    const rows = await this.#database.query({ text, values })
    this.changes.tell()
    return rows
  }
}
