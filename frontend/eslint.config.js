/** Lint rules. The layering `ui -> {tools, render, sync} -> core` is enforced here: see `layer` below. */
import js from '@eslint/js'
import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const DOM_GLOBALS = [
  'window',
  'document',
  'navigator',
  'localStorage',
  'sessionStorage',
  'indexedDB',
  'location',
  'history',
  'fetch',
  'requestAnimationFrame',
  'Image',
  'HTMLElement',
  'HTMLCanvasElement',
  'OffscreenCanvas',
  'ImageData',
  'Path2D',
  'Worker',
]

const REACT = ['react', 'react-dom', 'react-*', 'react-dom/*', 'radix-ui', '@tanstack/*', 'lucide-react']

/** Files under src/`name` may not import from the folders in `banned` (by alias or relative path). */
function layer(name, banned, { packages = [], globals = [] } = {}) {
  return {
    files: [`src/${name}/**/*.{ts,tsx}`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: banned.flatMap((other) => [`@/${other}`, `@/${other}/**`, `**/../${other}/**`]),
              message: `${name} must not import from ${banned.join(', ')} (ui -> {tools, render, sync} -> core).`,
            },
            ...(packages.length > 0
              ? [{ group: packages, message: `${name} is free of the user interface.` }]
              : []),
          ],
        },
      ],
      'no-restricted-globals': ['error', ...globals],
    },
  }
}

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'node_modules', 'src/sync/schema.gen.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    plugins: { 'react-hooks': reactHooks },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // Only the React Compiler, which is not used here, minds.
      'react-hooks/incompatible-library': 'off',
      'no-undef': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
      // Typed-array reads inside loops that are bounded by their length.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/class-literal-property-style': 'off',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/prefer-for-of': 'off',
      // `requestJson<T>(path): Promise<T>`: the caller names the shape that a JSON answer has.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  layer('core', ['ui', 'tools', 'render', 'sync'], { packages: REACT, globals: DOM_GLOBALS }),
  layer('tools', ['ui', 'render', 'sync'], { packages: REACT, globals: DOM_GLOBALS }),
  layer('render', ['ui', 'tools', 'sync'], { packages: REACT }),
  layer('sync', ['ui', 'tools', 'render'], { packages: REACT }),
  {
    files: ['test/**/*.{ts,tsx}', 'bench/**/*.{ts,tsx}'],
    rules: { 'no-console': 'off', '@typescript-eslint/no-empty-function': 'off' },
  },
  {
    files: ['public/**/*.js'],
    languageOptions: { globals: { document: 'readonly', localStorage: 'readonly', matchMedia: 'readonly' } },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
)
