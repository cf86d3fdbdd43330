/** Calls and imports that would break purity, as a build error. See README, "How it is built". */
import rxjs from 'eslint-plugin-rxjs-x';
import tseslint from 'typescript-eslint';

/** The packages that may be imported, and what no relative path may lead to. */
const onlyImports = (packages, ...forbidden) => [
  'error',
  {
    patterns: [
      {
        regex: `^(?!(?:${packages.join('|')})$)[^.]`,
        message: `packages that may be imported here: ${packages.join(', ') || 'none'}`,
      },
      {
        regex: `^(?:\\.\\.?/)+(?:${forbidden.join('|')})`,
        message: 'this folder knows only itself and src/domain',
      },
    ],
  },
];

const impureGlobals = [
  'Date',
  'crypto',
  'performance',
  'structuredClone',
  'fetch',
  'process',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'globalThis',
];

/** rxjs operators that read the real clock unless they are given a scheduler. */
const timeOperators = [
  'timer',
  'interval',
  'delay',
  'debounceTime',
  'throttleTime',
  'auditTime',
  'sampleTime',
  'bufferTime',
  'windowTime',
  'timeout',
  'timeInterval',
  'timestamp',
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '**/*.cjs', '**/*.js', 'test/golden/**'] },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: process.cwd() },
    },
    plugins: { '@typescript-eslint': tseslint.plugin, 'rxjs-x': rxjs },
    rules: {
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: true },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      'rxjs-x/finnish': [
        'error',
        { functions: false, methods: false, strict: false, names: { '^run$': false } },
      ],
      'rxjs-x/no-nested-subscribe': 'error',
      'rxjs-x/no-ignored-error': 'error',
      'rxjs-x/no-unsafe-takeuntil': 'error',
    },
  },
  {
    files: ['reducers/**/*.ts'],
    rules: {
      'no-restricted-imports': onlyImports(
        ['immer'],
        '(?:streams|effects|test|bench)/',
        'src/(?!domain/)',
      ),
    },
  },
  {
    files: ['src/domain/**/*.ts'],
    rules: {
      'no-restricted-imports': onlyImports(
        [],
        '(?:streams|effects|reducers|test|bench|src)/',
        '(?:agent|clients|commands|http|journal|log|settings)/',
      ),
    },
  },
  {
    files: ['reducers/**/*.ts', 'src/domain/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ThrowStatement', message: 'a reducer is total; use assertNever' },
      ],
    },
  },
  {
    files: ['src/domain/assertNever.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['streams/**/*.ts', 'effects/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['Date', 'performance', 'setTimeout', 'setInterval'].map((name) => ({
          name,
          message: 'time comes from the injected scheduler or clock',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'chance is injected' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          message: 'pass the injected scheduler',
          selector: `CallExpression[callee.name=/^(${timeOperators.join('|')})$/]:not(:has(Identifier[name=/scheduler$/i]))`,
        },
      ],
    },
  },
  {
    // A describe block is a list of tests, not a function to keep in mind.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', 'no-console': 'off' },
  },
);
