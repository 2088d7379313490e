import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import './design/tokens.css'
import './design/base.css'
import { goAnewWhereCodeIsGone } from './parts/code_ahead'
import { router } from './router'
import { i18n, startWords } from './words'

async function start(): Promise<void> {
  await startWords()
  goAnewWhereCodeIsGone(router)
  createApp(App).use(createPinia()).use(router).use(i18n).mount('#app')
}

void start()
