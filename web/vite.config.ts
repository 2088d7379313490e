import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

// LECTERN_DEV_SERVER: where a running Lectern answers while `npm run dev` serves the pages.
const server = process.env['LECTERN_DEV_SERVER'] ?? 'http://127.0.0.1:8080'

// Whose chunks the entry names, so that a browser fetches them all at once. The list of all pages would be 5 KB of what a learner's
// phone loads before the room: staff's pages find theirs one step later. (Style sheets are always named.)
const AT_ONCE = /assets\/(RoomPage|HomePage|SignInPage|ReplayPage|WatchPage|LibraryPage|StudioPage)-/

export default defineConfig({
  plugins: [vue()],
  define: {
    // vue-i18n interprets compiled messages instead of making functions out of text: no eval, so a strict CSP holds.
    __INTLIFY_JIT_COMPILATION__: 'true',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_OPTIONS_API__: 'false',
  },
  build: {
    target: 'es2022',
    // Never inline: a data: URL would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false, resolveDependencies: (file, needed, { hostType }) => (hostType === 'html' || AT_ONCE.test(file) ? needed : []) },
    manifest: true,
  },
  server: {
    proxy: {
      '/api': server,
      '/media': server,
      '/socket.io': { target: server, ws: true },
    },
  },
  test: { include: ['tests/**/*.test.ts'] },
})
