import { Command, Option } from 'commander'
import { playDemo } from '../demo/demo.js'
import { DEMO_NETWORKS, type DemoNetworkKind } from '../demo/network.js'
import type { Terminal } from '../terminal.js'

/** `rightofway demo`: the life of a session, in ten seconds. */
export const demoCommand = (terminal: Terminal): Command =>
  new Command('demo')
    .addOption(
      new Option('--network <kind>', 'what the session is kept by: a simulator, or the PCF of a simulated 5G core')
        .choices([...DEMO_NETWORKS])
        .default('simulator'),
    )
    .action(({ network }: { readonly network: DemoNetworkKind }) => playDemo(terminal, network))
