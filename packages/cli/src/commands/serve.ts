import { type Gateway, startGateway } from '@rightofway/gateway'
import type { Command } from 'commander'
import { makeFilesPrivate } from '../private-files.js'
import { settingsCommand } from '../settings.js'
import { onStopSignal, surviveFileLimits } from '../signals.js'
import { endWith } from '../stopping.js'
import { ServiceManager } from '../systemd.js'
import { processTerminal } from '../terminal.js'
import { type ShownInbox, toSinks, worldTable } from './sandbox.js'

/** `rightofway serve`: one flag for every setting. */
export function serveCommand(): Command {
  const { command, read, given } = settingsCommand('serve', { toStart: true })
  return command.action(async (options: Record<string, string | undefined>) => {
    const config = read(options)
    makeFilesPrivate()
    surviveFileLimits()
    const stop = new AbortController()
    onStopSignal(() => stop.abort())
    let gateway: Gateway | undefined
    // Installed first, so that a rotated log or a closed terminal does not end the start.
    process.on('SIGHUP', () => gateway?.renewCertificate())
    try {
      gateway = await startGateway(config, { given: given(options), stop: stop.signal })
    } catch (error) {
      if (stop.signal.aborted && error === stop.signal.reason) return
      throw error
    }
    const running = gateway
    if (stop.signal.aborted) return running.close()
    const manager = new ServiceManager(process.env, (text) => process.stderr.write(`rightofway: ${text}\n`))
    stop.signal.addEventListener('abort', () => {
      manager.stopping().catch(endWith)
      running.close().catch(endWith)
    })
    await manager.ready(running.url)
    if (config.sandbox) await tellTheWorld(running)
    if (process.stderr.isTTY) await inviteTheFirst(running)
    process.send?.({ url: running.url, adminSocket: running.adminSocket })
  })
}

/** The contents of a sandbox. Written to standard error, because standard output is for the log. */
async function tellTheWorld({ adminApp }: Gateway): Promise<void> {
  const answer = await adminApp.inject({ method: 'GET', url: '/admin/v1/sandbox/inbox' })
  const terminal = { ...processTerminal, isTTY: process.stderr.isTTY === true }
  process.stderr.write(worldTable(terminal, toSinks(answer.json<ShownInbox>())))
}

/** While there is no user, the person who starts a gateway gets a link to become one. The link is not logged. */
async function inviteTheFirst({ adminApp, store, url }: Gateway): Promise<void> {
  if ((await store.users.list(undefined, 1)).length > 0) return
  const answer = await adminApp.inject({ method: 'POST', url: '/admin/v1/invitations', payload: { role: 'admin' } })
  const invitation = answer.json<{ url: string }>()
  process.stderr.write(
    `\nThe dashboard is at ${url}/dashboard/. Create its first user with this link, which works once and for one ` +
      `day:\n`,
  )
  process.stderr.write(`${invitation.url}\n\n`)
}
