import tseslint from 'typescript-eslint';

/** What only the shell may name; the core is deterministic and knows no machine but the modelled one. */
const bannedInCore = [
  'Date',
  'performance',
  'console',
  'process',
  'setTimeout',
  'setInterval',
  'window',
  'document',
  'globalThis',
].map((name) => ({
  name,
  message: 'The core is pure: take it as an argument instead.',
}));

export default tseslint.config(
  { ignores: ['out/', 'dist/', 'node_modules/', 'docs/', 'tools/fixtures/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.base],
    languageOptions: { parser: tseslint.parser },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      'no-restricted-exports': [
        'error',
        {
          restrictDefaultExports: {
            direct: true,
            named: true,
            defaultFrom: true,
            namedFrom: true,
            namespaceFrom: true,
          },
        },
      ],
      'no-eval': 'error',
      'no-new-func': 'error',
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-unreachable': 'error',
      'no-self-compare': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-const': 'error',
      'no-var': 'error',
    },
  },
  {
    files: ['app/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.bench.ts'],
    rules: {
      'no-restricted-globals': ['error', ...bannedInCore],
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Chance is seeded: use app/base/prng.ts in generators, and nothing in rules.',
        },
      ],
    },
  },
  { files: ['*.config.ts', '**/vitest.config.ts'], rules: { 'no-restricted-exports': 'off' } },
);
