import type { ApplicationId } from '@rightofway/camara'
import type { Database } from 'better-sqlite3'
import {
  MAX_SIGNING_SECRETS,
  type SigningSecret,
  type SinkCredentialStore,
  type TokenClient,
} from '../../ports/store/sink-credentials.js'
import type { GroupCommit } from '../sqlite/group-commit.js'
import { WatchedWrites } from '../sqlite/watched-writes.js'
import { parsed } from '../store-common/damaged-row.js'
import { type SecretRow, toSecret } from '../store-common/rows/sink-credentials.js'

export class SqliteSinkCredentials implements SinkCredentialStore {
  readonly #changes: WatchedWrites
  readonly #sql

  constructor(db: Database, commits: GroupCommit) {
    this.#changes = new WatchedWrites(commits)
    this.#sql = {
      client: db.prepare<[ApplicationId], string>('SELECT body FROM token_clients WHERE application = ?').pluck(),
      putClient: db.prepare('INSERT OR REPLACE INTO token_clients (application, body) VALUES (?, ?)'),
      deleteClient: db.prepare('DELETE FROM token_clients WHERE application = ?'),
      secrets: db.prepare<[ApplicationId], SecretRow>(
        `SELECT application, id, secret, created_at FROM signing_secrets WHERE application = ?
         ORDER BY created_at, id LIMIT ${MAX_SIGNING_SECRETS}`,
      ),
      addSecret: db.prepare(
        `INSERT INTO signing_secrets (application, id, secret, created_at) SELECT @application, @id, @secret, @createdAt
         WHERE (SELECT count(*) FROM signing_secrets WHERE application = @application) < ${MAX_SIGNING_SECRETS}`,
      ),
      deleteSecret: db.prepare('DELETE FROM signing_secrets WHERE application = ? AND id = ?'),
    }
  }

  async tokenClient(application: ApplicationId): Promise<TokenClient | undefined> {
    const body = this.#sql.client.get(application)
    return body === undefined ? undefined : parsed<TokenClient>(body, 'token_clients', application)
  }

  setTokenClient(application: ApplicationId, client: TokenClient | undefined): Promise<void> {
    return this.#changes.write(() => {
      if (client === undefined) this.#sql.deleteClient.run(application)
      else this.#sql.putClient.run(application, JSON.stringify(client))
    })
  }

  async signingSecrets(application: ApplicationId): Promise<readonly SigningSecret[]> {
    return this.#sql.secrets.all(application).map(toSecret)
  }

  addSigningSecret({ application, id, secret, createdAt }: SigningSecret): Promise<boolean> {
    return this.#changes.write(() => this.#sql.addSecret.run({ application, id, secret, createdAt }).changes > 0)
  }

  deleteSigningSecret(application: ApplicationId, id: string): Promise<boolean> {
    return this.#changes.write(() => this.#sql.deleteSecret.run(application, id).changes > 0)
  }

  watch(listener: () => void): () => void {
    return this.#changes.watch(listener)
  }
}
