// Holds the rules of the code's look that a machine can see. A rule that is switched off here says why; nothing is
// switched off in a file without its reason beside it. Floors between packages are dependency-cruiser's; what neither
// can see is in scripts/tidy.test.mjs.
import tseslint from 'typescript-eslint';

const DEFAULT_EXPORT = { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' };
const SYNTAX = [
  { selector: 'ExportAllDeclaration', message: 'Name what a door exports; no star.' },
  { selector: 'ImportNamespaceSpecifier', message: 'Name what is imported; no star.' },
  { selector: 'ClassDeclaration[superClass]:not([superClass.name=/Error$/])', message: 'Inherit only from Error.' },
  { selector: 'CallExpression[callee.name="setInterval"]', message: 'Arm a timeout again after the work.' },
  { selector: 'Property[key.name="shell"]:not([value.value=false])', message: 'Pass a program and its arguments.' },
  { selector: 'TSParameterProperty', message: 'Declare fields; parameter properties are not erasable.' },
];

const SHELL_FUNCTIONS = ['exec', 'execSync'];
const IMPORTS = {
  paths: ['node:child_process', 'child_process'].map((name) => ({
    name, importNames: SHELL_FUNCTIONS, message: 'No shell strings: spawn a program with its arguments.',
  })),
  patterns: [
    { group: ['@baton/*/src/*', '@baton/*/dist/*'], message: 'Use the door of the package.' },
    {
      regex: '^(assert|buffer|child_process|crypto|dgram|events|fs|http|net|os|path|process|stream|url|util)(/|$)',
      message: 'Node modules carry their prefix: node:fs.',
    },
  ],
};

/** The world, as it shows in globals: a pure package gets time and chance as arguments. */
const IMPURE_GLOBALS = [
  'process', 'Buffer', 'console', 'performance', 'Date', 'fetch', 'globalThis', 'setTimeout', 'setImmediate',
].map((name) => ({ name, message: 'A pure package gets this as an argument or not at all.' }));

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.setup/**', 'coverage/**'] },
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      'no-param-reassign': 'error',
      'max-len': ['error', { code: 120, ignoreRegExpLiterals: true }],
      'max-lines': ['error', { max: 400 }],
      // Comments are not counted: a function is not made longer by being explained.
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      'no-restricted-syntax': ['error', DEFAULT_EXPORT, ...SYNTAX],
      'no-restricted-imports': ['error', IMPORTS],
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'e2e/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['packages/*/tsconfig.json', 'e2e/tsconfig.json', 'tsconfig.tests.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: ['variable', 'function'], format: ['camelCase'] },
        { selector: 'variable', modifiers: ['const', 'global'], format: ['camelCase', 'UPPER_CASE'] },
        // Taken out of somebody else's object: JSON, a library.
        { selector: 'variable', modifiers: ['destructured'], format: null },
        { selector: 'typeLike', format: ['PascalCase'] },
      ],
    },
  },
  {
    files: ['packages/{base,vrrp}/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/fixtures.ts', '**/*.fixture.ts'],
    rules: { 'no-restricted-globals': ['error', ...IMPURE_GLOBALS] },
  },
  // Programs without a suffix are linted too.
  { files: ['packages/*/bin/{baton,demo,in-lab}'] },
  // A describe block is as long as the tests in it.
  { files: ['**/*.test.ts', '**/*.test.mjs', '**/*.e2e.ts'], rules: { 'max-lines-per-function': 'off' } },
  // Tools read their configuration from a default export.
  { files: ['*.mjs', '.*.mjs'], rules: { 'no-restricted-syntax': ['error', ...SYNTAX] } },
);
