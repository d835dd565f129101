// Only what needs the types of the whole program; everything else is Biome's.

import tseslint from 'typescript-eslint'

// They return promises that node:test itself waits for.
const NODE_TEST = [{ from: 'package', package: 'node:test', name: ['describe', 'it', 'test'] }]

export default tseslint.config(
  { ignores: ['**/dist/', 'packages/sdk/cjs/', '**/*.js', '**/*.cjs', '**/*.mjs'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      // A rejection that nobody handles ends the process, and `void` handles none.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false, allowForKnownSafeCalls: NODE_TEST }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-call': 'error',
      '@typescript-eslint/no-unsafe-member-access': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      '@typescript-eslint/no-unsafe-argument': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // A route calls a use case. The adapters of the OAuth provider are asked by it, not by a caller.
    files: ['packages/gateway/src/http/**/*.ts'],
    ignores: ['**/*.test.ts', 'packages/gateway/src/http/oauth/{provider,client-adapter,grant-adapter}.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[object.name=/deps$/i][property.name="store"], ObjectPattern > Property[key.name="store"]',
          message: 'A route does not read the store: it calls a use case (docs/internals/architecture.md).',
        },
      ],
    },
  },
  {
    // There it fails the test.
    files: ['**/*.test.ts', '**/*.fixture.ts', 'packages/*/test/**'],
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true, allowForKnownSafeCalls: NODE_TEST }],
    },
  },
)
