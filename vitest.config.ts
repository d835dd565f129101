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

export default defineConfig({
  test: {
    reporters: ['default', './test/summary-reporter.ts'],
    projects: [
      {
        ...shared,
        test: {
          name: 'quick',
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
          exclude: ['**/*.system.test.ts', '**/node_modules/**'],
        },
      },
      {
        ...shared,
        test: {
          name: 'system',
          setupFiles,
          include: ['**/*.system.test.ts'],
          exclude: ['**/node_modules/**'],
          // Processes, kernels and disks: one after another, and with time for a slow machine.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
