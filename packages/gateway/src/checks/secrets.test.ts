import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../config/config.js'
import { checkSecrets } from './secrets.js'

const URL = 'postgresql://gateway:secret@db/qod'
const SHARED = { publicUrl: 'https://qod.example', 'keyring.file': 'keyring' }

describe('the check of secrets', () => {
  it('warns of a file with a password that every user can read, and of no other', () => {
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-secrets-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const file = join(dir, 'gateway.yaml')
    writeFileSync(file, `store:\n  url: ${URL}\n`)
    const check = () => checkSecrets(loadConfig({ file, flags: SHARED }), { file, flags: [], env: [] })
    chmodSync(file, 0o644)
    expect(check()).toMatchObject([
      {
        verdict: 'warning',
        says: `${file} contains store.url, and every user can read it`,
        advice: `chmod 640 ${file}`,
      },
    ])
    chmodSync(file, 0o640)
    expect(check()).toMatchObject([{ verdict: 'ok' }])
  })

  it('warns of a secret on the command line, and not of one in the environment; it shows neither', () => {
    const config = loadConfig({ flags: { ...SHARED, 'store.url': URL } })
    const onCommandLine = checkSecrets(config, { flags: ['store.url'], env: [] })
    expect(onCommandLine).toMatchObject([{ verdict: 'warning' }])
    expect(onCommandLine[0]?.says).toContain('store.url is an argument of the command line')
    expect(JSON.stringify(onCommandLine)).not.toContain('secret@')
    expect(checkSecrets(config, { flags: [], env: ['store.url'] })).toMatchObject([{ verdict: 'ok' }])
  })
})
