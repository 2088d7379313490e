import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'

// Who may import whom: core/ ← media/, class/, rest/ ← pages/. `parts/` are plain components that know no lesson.
const framework = ['vue', 'vue-router', 'vue-i18n', 'pinia', 'socket.io-client', 'hls.js', 'hls.js/*', 'echarts', 'echarts/*']
const boundary = (files, folders, packages = []) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          ...(folders.length ? [{ group: folders.flatMap((f) => [`**/${f}/*`, `**/${f}/**`]), message: 'Nothing points up: see web/README.md.' }] : []),
          ...(packages.length ? [{ group: packages, message: 'This folder is pure: no framework, no network.' }] : []),
        ],
      },
    ],
  },
})

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'eslint.config.js', 'scripts/**'] },
  ...tseslint.configs.strictTypeChecked,
  ...vue.configs['flat/recommended'],
  {
    languageOptions: {
      parser: vueParser,
      parserOptions: {
        parser: tseslint.parser,
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: {
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/attributes-order': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      'vue/no-static-inline-styles': 'error',
      'vue/no-v-html': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'CallExpression[callee.name=/^(eval|Function)$/]', message: 'The Content-Security-Policy forbids eval.' },
      ],
    },
  },
  boundary(['src/core/**/*.ts'], ['class', 'media', 'rest', 'pages', 'parts'], framework),
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'window', 'document', 'navigator', 'location', 'fetch', 'setTimeout', 'setInterval', 'performance', 'localStorage', 'sessionStorage', 'crypto'],
      'no-restricted-properties': ['error', { object: 'Date', property: 'now', message: '`now` is an argument.' }, { object: 'Math', property: 'random', message: '`rng` is an argument.' }],
    },
  },
  boundary(['src/class/**/*.ts', 'src/media/**/*.ts', 'src/rest/**/*.ts'], ['pages', 'parts']),
  boundary(['src/parts/**'], ['pages', 'class', 'media', 'rest']),
)
