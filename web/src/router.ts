import { createRouter, createWebHistory } from 'vue-router'

/** Every page is its own chunk. `keep` gives pages that share a frame one identity, so that moving between them keeps it. */
export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: () => import('./pages/home/HomePage.vue') },
    { path: '/sign-in', component: () => import('./pages/home/SignInPage.vue') },
    { path: '/studio/:id', component: () => import('./pages/studio/StudioPage.vue'), props: true },
    { path: '/room/:id', component: () => import('./pages/room/RoomPage.vue'), props: true },
    { path: '/:rest(.*)*', component: () => import('./pages/home/LostPage.vue') },
  ],
})
