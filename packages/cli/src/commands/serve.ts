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
  const { command, read, given } = settingsCommand('serve')
  return command.description('run a gateway').action(async (options: Record<string, string | undefined>) => {
    const config = read(options)
    makeFilesPrivate()
    surviveFileLimits()
    const stop = new AbortController()
    onStopSignal(() => stop.abort())
    let gateway: Gateway | undefined
    // From the beginning: a log that is rotated, or a terminal that is closed, ends no start.
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

/** What a sandbox knows, for whoever started it. Standard output is the log's. */
async function tellTheWorld({ adminApp }: Gateway): Promise<void> {
  const answer = await adminApp.inject({ method: 'GET', url: '/admin/v1/sandbox/inbox' })
  const terminal = { ...processTerminal, isTTY: process.stderr.isTTY === true }
  process.stderr.write(worldTable(terminal, toSinks(answer.json<ShownInbox>())))
}

/** As long as there is no user, a person who starts a gateway is told how to become one. It goes to no log. */
async function inviteTheFirst({ adminApp, store, url }: Gateway): Promise<void> {
  if ((await store.users.list()).length > 0) return
  const answer = await adminApp.inject({ method: 'POST', url: '/admin/v1/invitations', payload: { role: 'admin' } })
  const invitation = answer.json<{ url: string }>()
  process.stderr.write(`\nThe dashboard is at ${url}/dashboard/. Become its first user (good once, for a day):\n`)
  process.stderr.write(`${invitation.url}\n\n`)
}
