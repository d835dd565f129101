// The house: arrows run downwards only. docs/internals/architecture.md draws it.

const gateway = 'packages/gateway/src'
/** Tests, and what serves them alone. */
const TESTS = '\\.(test|fixture)\\.ts$'

/** Each room of the gateway, from the ground up, with the rooms below it that it may enter. */
const ROOMS = {
  domain: [],
  ports: ['domain'],
  schemas: ['domain'],
  views: ['domain', 'ports'],
  auth: ['domain', 'ports', 'views'],
  usecases: ['domain', 'ports', 'views', 'auth'],
  config: ['domain', 'ports', 'schemas', 'auth'],
  adapters: ['domain', 'ports'],
  observability: ['domain', 'ports', 'auth'],
  delivery: ['domain', 'ports', 'auth', 'usecases'],
  workers: ['domain', 'ports', 'views', 'usecases'],
  http: ['domain', 'ports', 'schemas', 'views', 'auth', 'usecases', 'observability'],
  checks: ['domain', 'ports', 'auth', 'config', 'adapters', 'observability', 'http'],
  sandbox: ['domain', 'ports', 'views', 'auth', 'usecases', 'http', 'adapters/network-simulator'],
}

const room = (name) => `^${gateway}/${name}/`

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(ROOMS).map(([name, below]) => ({
      name: `${name}-enters-only-what-is-below-it`,
      severity: 'error',
      from: { path: room(name), pathNot: TESTS },
      to: { path: `^${gateway}/`, pathNot: [name, ...below].map(room) },
    })),
    {
      name: 'routes-take-no-values-from-ports',
      comment: 'a route calls a use case; what it needs of a port is its types',
      severity: 'error',
      from: { path: room('http'), pathNot: TESTS },
      to: { path: room('ports'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-knows-no-tests',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: TESTS },
      to: { path: '^packages/[^/]+/test/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'no I/O, no clock, no randomness: the contract and a parser of addresses are all it imports',
      severity: 'error',
      from: { path: room('domain'), pathNot: TESTS },
      to: { pathNot: [room('domain'), '^packages/camara/', 'node_modules/ipaddr\\.js'] },
    },
    {
      name: 'camara-knows-nobody',
      severity: 'error',
      from: { path: '^packages/camara/src', pathNot: TESTS },
      to: { pathNot: ['^packages/camara/', 'node_modules/typebox'] },
    },
    {
      name: 'the-plain-contract-needs-no-schema-library',
      severity: 'error',
      from: { path: '^packages/camara/src/[^/]+\\.ts$', pathNot: TESTS },
      to: { path: ['^packages/camara/src/schemas/', 'typebox'] },
    },
    {
      name: 'the-sdk-needs-nobody',
      comment: 'what applications import has no dependency, not even types',
      severity: 'error',
      from: { path: '^packages/sdk/src/', pathNot: TESTS },
      to: { pathNot: '^packages/sdk/src/' },
    },
    {
      name: 'the-core-simulator-needs-no-gateway',
      comment: 'it is a tool of its own; the file that it keeps its state in is all it has in common with a gateway',
      severity: 'error',
      from: { path: '^packages/core-simulator/src/', pathNot: TESTS },
      to: { path: '^packages/', pathNot: ['^packages/core-simulator/src/', `^${gateway}/adapters/sqlite/`] },
    },
    {
      name: 'no-circles',
      comment:
        'type-only ones included; a session, or assignment, of the SDK knows its device, and a device makes them',
      severity: 'error',
      from: { pathNot: '^packages/sdk/src/(assignment|device|session)\\.ts$' },
      to: { circular: true },
    },
    {
      name: 'no-packages-that-are-not-declared',
      comment: 'what tests need is declared at the root',
      severity: 'error',
      from: { pathNot: [TESTS, '^packages/[^/]+/test/', '/scripts/'] },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['rightofway-source', 'import', 'require', 'node', 'types'],
    },
  },
}
