// docs/reference/performance.md, out of bench/results: what the last runs gave, beside what it is.

import { CHARTS } from './charts.js'
import { BENCHES, type BenchName, digits, resultOf } from './results.js'

export const file = 'docs/reference/performance.md'

const WHAT: Record<BenchName, string> = {
  create: `A create with all features on: keys, scopes, rate limits, quotas, validation, conflicts, timers, events, and an fsync
before every answer. A create that is answered AVAILABLE also waits for the network and for a second commit. **Echo** is a
bare \`node:http\` server that parses and serialises the same JSON. A load generator in another process calls the echo and
the gateway in turns, over 64 connections.

A create is limited by the JavaScript of the one thread that answers: HTTP, validation, and two rounds of decide and
commit, with messages to the thread of the store. It does not wait for the disk. Moving the store to its own thread reduced
the processor time of a create by a fifth; messages between the threads are 13 % of the rest.`,
  cores: `A create answered AVAILABLE, through each kind of network. Everything behind the gateway answers at once, in processes of
its own: \`rightofway core\` as PCF (N5, HTTP/2) and as NEF (T8), another gateway as the CAMARA endpoint, and for \`combined\` the
PCF with a simulated network. Processor time is the gateway's alone, over 64 connections, with the kinds in turns. A network
behind an API costs a record before it is asked and one after its answer, and an HTTP request. The latency is of creates
that come one at a time; it has the time of what is behind in it. The figures are from one run on a busy machine.

The NEF sends a test notification for each subscription; what the gateway does with it is in the figure of \`nef\`.

The last figure is of two cores: 64 creates at once at one of them, while as many wait for the other one, which takes
requests and never answers, and without these.`,
  hostile: `Processor time of the gateway for each refusal, as a multiple of what a bare echo spends on the body of a create. A
refusal with a large body is compared with an echo of a body as large. The echo and the gateway take turns.

The figures are from one run on a busy machine. Four later changes are not in them: refusals have no stack trace; a key
that is refused often is not looked up; a sign-in or a client over its limit is refused before its body is read; long
lists of ports are merged without sorting.`,
  postgres: `Each operation on the embedded store and on PostgreSQL, over 64 connections, in turns with the echo. Creates are answered
AVAILABLE. Each get, extension, retrieval by device and delete concerns another of the sessions just created. PostgreSQL
runs on the same machine, as durable as in production (\`fsync\`, \`synchronous_commit\`). Two and three gateways share a
database, a simulated network and the load; they are compared with one gateway on the same kind of network.

On one machine PostgreSQL is limited by the processors, which it shares with the gateway and the load generator. The
table below shows what a create takes. One gateway fills one processor and uses about two thirds of another one in the
database. On two processors more gateways cannot answer more requests; they add availability only. Where each gateway has
its own machine, the database is the limit.`,
  million: `A gateway with a million active sessions in the embedded store and in its simulated network: copies of one session that
it created itself, with all its rows. Creates take turns with a gateway whose store is empty. Ends are measured as below.
For the start, 10 000 sessions end while the gateway is down: the time runs from the first 200 of \`/readyz\` until the
network has been told of all of them.

A million sessions cost a gateway little: every search uses an index, and nothing is loaded at the start. Once a minute the
gateway compares the ids with those of the network, which takes about five seconds of a processor; when it compared more
than ids, it kept a processor busy all the time. The memory holds caches of the store and JavaScript objects that are not
collected yet. The next section says what limits ends.`,
  expiry: `The time between \`expiresAt\` of a session and the moment its network is told, for 10 000 sessions that end within one
second among 100 000, with the store in its own thread, as in a gateway. That thread is the limit: an end is two commits
and two claims, about 0.1 ms of a processor, so 10 000 ends fill a second and any delay adds up. On this machine, which is
shared, the same code had 99 % within 63 ms in one run and within 531 ms in another. Two changes were tried. Claims that
keep the sessions in memory lowered 99 % from between 334 and 747 ms to a median of 112 ms over seven runs. Batches of 50 or
300 timers instead of 100 made no visible difference.`,
  timers: `Timers of the gateway beside two job queues, one after the other on the same durable PostgreSQL, each in the process of the
bench and with its own database. First a backlog of 10 000 overdue timers, measured from the first to the last; then
10 000 timers that fall due within one second. A job of a queue has an empty handler and is done when the handler is
called. A timer of the gateway is done when the end of its session is committed: the session, its next timer, the network
task and an event.

graphile-worker 0.17 has the settings of the measurements in its own documentation (24 jobs at a time, 25 connections, a
local queue of 500, completions in batches), and polls every 10 ms instead of every 2 s. pg-boss 10 polls every 0.5 s, its
shortest interval, with five workers that take turns, 2 000 jobs at a time, without priorities and without maintenance.

On PostgreSQL the gateway is limited by what an end writes: two processors commit about as many ends in a second as fall
due, so a delay lasts until the end of the run.`,
  events: `Ten https sinks, in a process of their own beside the gateway on the same machine. What it costs to keep events is
measured with a sink that never answers: next to nothing is delivered then. (With healthy sinks, everything that a
delivery takes on both ends is taken from the same processors.) It is given by throughput, and by processor time, which
other work on the machine disturbs less. What a dead sink does to nine others is the ratio of two gateways that take
turns, one with the dead sink and one without: events that reached the nine, in the time from the first create to the
last arrival. Arrival is measured in the sink, TLS and all, from the \`time\` of the event on.`,
  network: `The Linux network on a router in a network namespace (root only), with 0, 1 000 and 10 000 sessions in place: 92 % of
them exact, 4 % with a port range, 4 % with a server prefix. A map of ranges or prefixes is limited to 1 000 sessions,
because every commit copies all of it. With maps of 2 000 and a mix of 80, 10 and 10 %, on this machine beside other work,
99 % of grants took 58 to 78 ms instead of 39 to 49, and 1 170 extensions a second were answered instead of 2 600.
Latencies are of 500 calls at 500 a second, from the call to the kernel; rates are of 256 concurrent calls. Forwarding
sends packets of 20 bytes to 10 000 devices as fast as possible, and is compared with the same table and tree before the
first session and after the last.`,
  dashboard: `The longest task of the main thread of Chromium while a table of 10 000 live sessions is scrolled and filtered.`,
}

export function generate(): string {
  return `# Performance

\`npm run bench\` prints these figures and writes them to \`bench/results\`; \`npm run docs\` makes this page from them. Each
goal is a ratio inside one run, which the speed of the machine does not change, or a lateness. The machine is named above
each table. A goal that is not met is marked.

${picturesOf('goals')}${BENCHES.map(section).join('\n')}`
}

const picturesOf = (section: BenchName | 'goals'): string =>
  Object.entries(CHARTS)
    .filter(([, { of }]) => of === section)
    .map(([name, { draw }]) => `![${draw().title}](../images/performance/${name}.svg)\n\n`)
    .join('')

function section(name: BenchName): string {
  const { machine, figures } = resultOf(name)
  const rows = figures.map(({ name: what, value, goal = '', met }) => {
    const judged = met === undefined ? goal : `${goal}: ${met ? 'met' : '**not met**'}`
    return `| ${what} | ${digits(value)} | ${judged} |`
  })
  return `## ${name}

${WHAT[name]}

${picturesOf(name)}${machine}:

| figure | value | goal |
|---|---|---|
${rows.join('\n')}
`
}
