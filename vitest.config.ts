import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** Sources, not builds: a test never runs against what was built yesterday. */
const conditions = ['rightofway-source']

/** Every answer of a gateway is kept, and held against the official schemas at the end. */
const setupFiles = ['./test/official/record.mjs']

const shared = {
  extends: true,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
} as const

/** Rates and lateness: whatever else the machine did would be felt there. */
const ALONE = [
  'chaos/**/*.system.test.ts',
  'examples/three-gateways/*.system.test.ts',
  'packages/cli/src/lab/*.system.test.ts',
  'packages/gateway/src/adapters/network-linux/shaping.system.test.ts',
]

/** Processes, kernels and disks want time on a slow machine. */
const system = {
  setupFiles,
  globalSetup: ['./test/build-program.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    reporters: ['default', './test/summary-reporter.ts'],
    projects: [
      {
        ...shared,
        test: {
          name: 'quick',
          // No test waits that long: it is for machines that do much else.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          setupFiles,
          // Modules are loaded once for a worker, not for a file: half of the time went into that. No test may count on
          // a module of its own.
          isolate: false,
          maxWorkers: '100%',
          include: [
            'packages/*/src/**/*.test.ts',
            'test/**/*.test.ts',
            'bench/**/*.test.ts',
            'chaos/**/*.test.ts',
            'examples/**/*.vitest.ts',
          ],
          exclude: ['**/*.{system,apart}.test.ts', '**/node_modules/**'],
        },
      },
      {
        ...shared,
        test: {
          ...system,
          name: 'system',
          include: ['**/*.system.test.ts'],
          exclude: ['**/node_modules/**', ...ALONE],
          // They wait for processes more than they compute.
          maxWorkers: 2 * availableParallelism(),
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...shared,
        test: {
          ...system,
          name: 'alone',
          include: ALONE,
          exclude: ['**/node_modules/**'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // What takes minutes has a command of its own, beside `npm test`.
        ...shared,
        test: {
          ...system,
          name: 'apart',
          include: ['**/*.apart.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
