import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { join } from 'node:path'
import { CommandFailed, type Judged, judge, type Played, picture, play, run, SCENARIOS } from '@rightofway/lab'
import { Command, InvalidArgumentError, Option } from 'commander'
import { CliError, EXIT } from '../exit-codes.js'
import { LiveView, resultText } from '../lab/live-view.js'
import { PROGRAM_FILE } from '../program-file.js'
import { paint, type Terminal } from '../terminal.js'

/** The command that starts this command line again. */
const CLI = [process.execPath, ...process.execArgv, PROGRAM_FILE]

interface LabOptions {
  readonly scenario: string
  readonly out: string
  readonly runs: number
}

/** `rightofway lab`: measures the effect of sessions on packets, on this machine. */
export const labCommand = (terminal: Terminal): Command =>
  new Command('lab')
    .addOption(
      new Option('--scenario <name>', 'what to run')
        .choices([...SCENARIOS.map(({ name }) => name), 'all'])
        .default('latency'),
    )
    .option('--out <folder>', 'folder for lab.svg and lab.json', '.')
    .option('--runs <number>', 'how often each scenario runs; the median is judged', runsArgument, 1)
    .action(async ({ scenario, out, runs }: LabOptions) => {
      await probe()
      const scenarios = SCENARIOS.filter(({ name }) => scenario === 'all' || scenario === name)
      const scenes = []
      const judged: Judged[] = []
      mkdirSync(out, { recursive: true })
      for (const each of scenarios) {
        terminal.write(`\n${paint(terminal, 'bold', each.title)}\n`)
        const played: Played[] = []
        for (let number = 1; number <= runs; number++) {
          if (runs > 1) terminal.write(paint(terminal, 'dim', `run ${number} of ${runs}\n`))
          const view = new LiveView(terminal, each)
          played.push(await play(each, { cli: CLI, onLook: (recording) => view.show(recording) }))
        }
        const result = judge(each, played)
        terminal.write(resultText(terminal, result))
        judged.push(result)
        const scene = { scenario: each, recording: (played.at(-1) as Played).recording }
        scenes.push(scene)
        if (scenarios.length > 1) writeFileSync(join(out, `${each.name}.svg`), picture([scene]))
      }
      writeFileSync(join(out, 'lab.svg'), picture(scenes))
      const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}`
      writeFileSync(join(out, 'lab.json'), `${JSON.stringify({ machine, runs, scenarios: judged }, null, 2)}\n`)
      terminal.write(`\n${join(out, 'lab.svg')} is the chart, ${join(out, 'lab.json')} has the figures\n`)
      if (judged.some(({ passed }) => !passed)) terminal.exitCode = EXIT.failed
    })

function runsArgument(text: string): number {
  const runs = Number(text)
  if (!Number.isInteger(runs) || runs < 1 || runs > 99)
    throw new InvalidArgumentError('It must be a whole number from 1 to 99.')
  return runs
}

/** @throws {CliError} this machine lacks something; with the command that installs it */
async function probe(): Promise<void> {
  if (process.platform !== 'linux')
    throw new CliError('the lab needs Linux, because it shapes traffic with the kernel', EXIT.usage)
  if (process.getuid?.() !== 0) throw new CliError('the lab needs root: sudo rightofway lab', EXIT.usage)
  for (const [tool, brought] of [
    ['nft', 'nftables'],
    ['tc', 'iproute2'],
    ['unshare', 'util-linux'],
    ['sysctl', 'procps'],
  ] as const) {
    try {
      await run(['sh', '-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${tool}`])
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      throw new CliError(`the lab needs ${tool}: apt-get install ${brought}`, EXIT.usage, { cause: error })
    }
  }
}
