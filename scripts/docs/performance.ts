// docs/reference/performance.md, out of bench/results: what the last runs gave, beside what it is.

import { CHARTS } from './charts.js'
import { BENCHES, type BenchName, digits, resultOf } from './results.js'

export const file = 'docs/reference/performance.md'

const WHAT: Record<BenchName, string> = {
  create: `A session is created with everything on: keys, scopes, rate limits, quotas, validation, conflicts, timers, events, and
an fsync before every answer. Answered AVAILABLE it has waited for the network, and for a second commit. **Echo** is a
bare \`node:http\` server that parses the same JSON and serialises it again, asked over 64 connections by a load generator
in a process of its own, in turns with the gateway.

What limits a create is the JavaScript of the one thread that answers: HTTP and validation, and two rounds of decide and
commit with their messages to the thread of the store. The disk is not what it waits for. What was tried: the store in a
thread of its own took a fifth off the processor time of a create; messages between the threads are 13 % of the rest.`,
  hostile: `Processor time of the gateway for each refusal, as a multiple of what a bare echo spends on the body of a create. A
refusal with a large body is compared with an echo of a body as large. The echo and the gateway take turns.

The figures are of one run on a busy machine, and older than what was mended since: refusals have no stack trace, a key
that is refused often is not looked up, a sign-in or a client beyond its limit is refused before its body is read, and
long lists of ports are merged without sorting them.`,
  postgres: `Each operation on the embedded store and on PostgreSQL, over 64 connections, in turns with the echo. A create is one
that is answered AVAILABLE; the others are of what was just created: each get, extension, retrieval by device and delete
is of another session. PostgreSQL runs on the same machine, and is as durable as in production (\`fsync\`,
\`synchronous_commit\`). Two and three gateways have a database and a simulated network in common, and the load is spread
over them; one gateway with such a network is what they are compared with.

What limits PostgreSQL is processors: gateway, database and load generator share those of one machine, and what a create
takes of them is given below. By these figures a gateway fills one processor and keeps about two thirds of another one
busy in the database. On two processors more gateways can therefore not answer more; they are there to outlive each
other. Where each has a machine, what is left to grow by is the database.`,
  million: `A gateway in a process of its own, with a million active sessions in the embedded store and in its simulated network:
copies of one that it made itself, with every row that this one left. Creates take turns with a gateway whose store is
empty. Ends are measured as below. After a start, 10 000 sessions have ended while nobody was there: the time goes from the
first 200 of \`/readyz\` until the network has been told of all of them.

A million sessions cost a gateway little: what is searched for stands in indexes, and nothing is loaded at the start. Once
a minute their ids are compared with what the network holds, which takes a processor some five seconds; before it compared
ids alone it took all of one, all the time. What the memory holds is the caches of the store and what JavaScript has not
swept up yet. What limits ends is said of the next table.`,
  expiry: `The time between a session's \`expiresAt\` and the moment its network is told, for 10 000 sessions that end within one
second among 100 000, with the store in a thread of its own as in a gateway. What limits it is that thread: an end is two
commits and two claims, about 0.1 ms of its processor, so that a second of 10 000 leaves nothing over, and what it lags
behind adds up: on this machine, which others share, the same code had 99 % within 63 ms in one run and 531 in another. What
was tried: claims that leave the sessions at hand where they are (the middle of seven runs is 112 ms; before, they had
334 to 747); goes of 50 or 300 timers instead of 100, which changed nothing that would stand out from that.`,
  timers: `Timers of the gateway beside two job queues, one after the other on the same durable PostgreSQL, each in the process of the
bench and with a database of its own. First a backlog of 10 000 that were due before anybody looked, from the first to
the last; then 10 000 that fall due within one second. A job of a queue has an empty handler and counts when that is
called; a timer of the gateway counts when the end of its session is committed: the session, its next timer, what the
network is to be told, and an event.

graphile-worker 0.17 has the settings of the measurements in its own documentation (24 jobs at a time, 25 connections, a
local queue of 500, completions in batches), and looks for what falls due every 10 ms instead of every 2 s. pg-boss 10 looks
every 0.5 s, the most often that it can: five workers that take turns, 2 000 jobs at a time, without priorities and with
its maintenance off.

What limits the gateway on PostgreSQL is what an end writes: as many fall due in that second as two processors can commit in
one, and what falls behind stays behind until it is over.`,
  events: `Ten https sinks, in a process of their own beside the gateway on the same machine. What it costs to keep events is
measured with a sink that never answers: next to nothing is delivered then. (With healthy sinks, everything that a
delivery takes on both ends is taken from the same processors.) It is given by throughput, and by processor time, which
other work on the machine disturbs less. What a dead sink does to nine others is the ratio of two gateways that take
turns, one with the dead sink and one without: events that reached the nine, in the time from the first create to the
last arrival. Arrival is measured in the sink, TLS and all, from the \`time\` of the event on.`,
  network: `The Linux network on a router in a network namespace (root only), with 0, 1 000 and 10 000 sessions in place: 92 % of
them exact, 4 % with a range of ports, 4 % with a prefix of servers. Why not more: a map of ranges or prefixes is copied
whole at every commit, and holds 1 000. With maps of 2 000 and a mix of 80, 10 and 10 %, on this machine and beside other
work, 99 % of grants took 58 to 78 ms where they had taken 39 to 49, and extensions came to 1 170 a second where they had
come to 2 600. Latencies are those of 500 calls at 500 a second, from the call to the kernel; calls a second are those of
256 at once. Packets of 20 bytes are forwarded to 10 000 devices,
as many as come, and compared with the same table and tree before the first session and after the last.`,
  dashboard: `The longest task of the browser's main thread while a table of 10 000 live sessions is scrolled and filtered, in a real
Chromium.`,
}

export function generate(): string {
  return `# What we measured

\`npm run bench\` prints these figures and writes them to \`bench/results\`; \`npm run docs\` makes this page of them. Each is
a ratio inside one run, or a lateness: the machine's own speed cancels out of a ratio, and is named beside it. Where a
goal is not met, it says so.

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
