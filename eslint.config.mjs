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
].map((name) => ({ name, message: 'The core is pure: take it as an argument instead.' }));

const programs = ['**/*.ts', '**/*.tsx'];
const tests = ['**/*.test.ts', '**/*.test.tsx', '**/testing/**', 'e2e/**', 'tools/**'];

export default tseslint.config(
  { ignores: ['out/', 'dist/', 'node_modules/', 'docs/', 'tools/fixtures/'] },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true },
  },
  {
    files: programs,
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
      'no-restricted-syntax': [
        'error',
        {
          selector: 'TSEnumDeclaration',
          message: 'Use a union of string literals: it needs no import and survives JSON.',
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
    files: programs,
    ignores: [...tests, '*.config.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
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
          message: 'Rules know no chance: what varies is written in the scenario.',
        },
      ],
    },
  },
  // Tight loops over typed arrays, whose bounds the tree's own shape proves.
  { files: ['app/store/**/*.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: programs,
    ignores: ['main/electron/ipc.ts', 'main/electron/preload.ts', 'e2e/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['electron', 'electron/main', 'electron/renderer'].map((name) => ({
            name,
            importNames: ['ipcMain', 'ipcRenderer'],
            message:
              'Only main/electron/ipc.ts and the preload speak over channels: add a request to app/contract instead.',
          })),
        },
      ],
    },
  },
  { files: ['*.config.ts', '**/vitest.config.ts'], rules: { 'no-restricted-exports': 'off' } },
);
