import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import './design/tokens.css'
import './design/base.css'
import { router } from './router'
import { i18n, startWords } from './words'

async function start(): Promise<void> {
  await startWords()
  createApp(App).use(createPinia()).use(router).use(i18n).mount('#app')
}

void start()
