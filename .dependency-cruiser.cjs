// Arrows point inwards: adapters know ports, ports know the domain, the domain knows nobody but the contract.

const gateway = 'packages/gateway/src'
const rooms = (...names) => `^${gateway}/(${names.join('|')})/`

/** From these rooms only those may be entered. */
const may = (from, ...to) => ({
  name: `${from}-enters-${to.join('-') || 'nothing'}`,
  severity: 'error',
  from: { path: `^${gateway}/${from}/`, pathNot: '\\.(test|contract)\\.ts$' },
  to: { path: `^${gateway}/`, pathNot: `^${gateway}/(${[from, ...to].join('|')})/` },
})

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    may('domain'),
    may('ports', 'domain'),
    may('usecases', 'domain', 'ports', 'auth'),
    may('auth', 'domain', 'ports'),
    may('workers', 'domain', 'ports', 'usecases'),
    may('delivery', 'domain', 'ports', 'usecases', 'auth', 'workers'),
    may('adapters', 'domain', 'ports'),
    may('config', 'domain', 'ports', 'auth'),
    may('checks', 'config', 'auth', 'ports', 'adapters', 'http'),
    {
      name: 'http-is-not-entered-from-within',
      comment: 'routes call use cases; nothing calls routes but compose/',
      severity: 'error',
      from: {
        path: `^${gateway}/`,
        pathNot: [rooms('http', 'checks', 'compose'), `^${gateway}/main\\.ts$`, '\\.test\\.ts$'],
      },
      to: { path: rooms('http') },
    },
    {
      name: 'only-main-knows-adapters',
      severity: 'error',
      from: {
        path: `^${gateway}/`,
        pathNot: [
          rooms('adapters', 'compose', 'checks', 'http/sandbox', 'http/linux', 'sandbox', 'testing'),
          `^${gateway}/(main|index).ts$`,
          '\\.test\\.ts$',
        ],
      },
      to: { path: rooms('adapters') },
    },
    {
      name: 'domain-is-pure',
      comment: 'no I/O, no clock, no randomness: the contract and a parser of addresses are all it imports',
      severity: 'error',
      from: { path: `^${gateway}/domain/`, pathNot: '\\.test\\.ts$' },
      to: { pathNot: [`^${gateway}/domain/`, '^packages/camara/', 'node_modules/ipaddr\\.js'] },
    },
    {
      name: 'camara-knows-nobody',
      severity: 'error',
      from: { path: '^packages/camara/src', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^packages/camara/', 'node_modules/typebox'] },
    },
    {
      name: 'the-plain-contract-needs-no-schema-library',
      severity: 'error',
      from: { path: '^packages/camara/src/[^/]+\\.ts$', pathNot: '\\.test\\.ts$' },
      to: { path: ['^packages/camara/src/schemas/', 'typebox'] },
    },
    {
      name: 'the-sdk-needs-nobody',
      comment: 'what applications import has no dependency, not even types',
      severity: 'error',
      from: { path: '^packages/sdk/src/', pathNot: '\\.(test|fixture)\\.ts$' },
      to: { pathNot: '^packages/sdk/src/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-packages-that-are-not-declared',
      comment: 'what tests need is declared at the root',
      severity: 'error',
      from: { pathNot: ['\\.(test|contract|fixture)\\.ts$', '/testing/', '/scripts/'] },
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
