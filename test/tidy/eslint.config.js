/** Calls and imports that would break purity, as a build error. See docs/development.md. */
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
  'Reflect',
  // What it says depends on the host's language.
  'Intl',
];

/** Members whose answer depends on the host's language and time zone. */
const localeMembers = [
  'localeCompare',
  'toLocaleString',
  'toLocaleLowerCase',
  'toLocaleUpperCase',
  'toLocaleDateString',
  'toLocaleTimeString',
];

/** What a module remembers between two calls is state that no journal holds. */
const noModuleState = [
  ':matches(Program, ExportNamedDeclaration) > VariableDeclaration[kind!="const"]',
].map((selector) => ({ selector, message: 'a module keeps no state; put it in State' }));

const noThrow = { selector: 'ThrowStatement', message: 'a reducer is total; use assertNever' };

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
    files: ['**/*.ts', '**/*.tsx'],
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
    // What runs in browsers, and knows the domain alone.
    files: ['src/console/page/**/*.ts', 'src/console/page/**/*.tsx'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^node:', message: 'there is no node in a browser' },
            {
              regex: '^(?:\\.\\.?/)+(?:streams|effects|reducers|test|bench)/',
              message: 'the page knows only itself and src/domain',
            },
            {
              regex: '(?:agent|clients|commands|http|journal|log|settings|server)/',
              message: 'the page knows only itself and src/domain',
            },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'JSXAttribute[name.name=/^(dangerouslySetInnerHTML)$/]',
          message: 'texts are texts',
        },
        {
          selector: 'AssignmentExpression[left.property.name=/^(innerHTML|outerHTML)$/]',
          message: 'texts are texts',
        },
      ],
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
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random' },
        ...localeMembers.map((property) => ({ property, message: 'compare with < instead' })),
      ],
      'no-restricted-syntax': ['error', ...noModuleState, noThrow],
    },
  },
  {
    // A buffer to work in, written before it is read: only its size outlives a call.
    files: ['src/domain/sha256.ts'],
    rules: { 'no-restricted-syntax': ['error', noThrow] },
  },
  {
    files: ['src/domain/assertNever.ts'],
    rules: { 'no-restricted-syntax': ['error', ...noModuleState] },
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
