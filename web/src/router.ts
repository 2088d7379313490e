import { createRouter, createWebHistory } from 'vue-router'

/** Every page is its own chunk. `keep` gives pages that share a frame one identity, so that moving between them keeps it. */
export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: () => import('./pages/home/HomePage.vue') },
    { path: '/sign-in', component: () => import('./pages/home/SignInPage.vue') },
    { path: '/studio/:id', component: () => import('./pages/studio/StudioPage.vue'), props: true },
    { path: '/room/:id', component: () => import('./pages/room/RoomPage.vue'), props: true },
    { path: '/replay/:id', component: () => import('./pages/replay/ReplayPage.vue'), props: true },
    { path: '/editor/:id', component: () => import('./pages/editor/EditorPage.vue'), props: true },
    { path: '/watch', component: () => import('./pages/watch/MicrocoursesPage.vue') },
    { path: '/watch/:id', component: () => import('./pages/watch/WatchPage.vue'), props: true },
    {
      path: '/admin',
      component: () => import('./pages/admin/AdminFrame.vue'),
      meta: { keep: 'admin' },
      children: [
        { path: '', redirect: '/admin/sessions' },
        { path: 'sessions', component: () => import('./pages/admin/SessionsPage.vue') },
        { path: 'sessions/:id', component: () => import('./pages/admin/SessionDetailPage.vue'), props: true },
        { path: 'people', component: () => import('./pages/admin/PeoplePage.vue') },
        { path: 'replays', component: () => import('./pages/admin/ReplaysPage.vue') },
        { path: 'viewing/:medium/:id', component: () => import('./pages/admin/ViewingPage.vue'), props: true },
        { path: 'api-keys', component: () => import('./pages/admin/ApiKeysPage.vue') },
        { path: 'audit', component: () => import('./pages/admin/AuditPage.vue') },
      ],
    },
    { path: '/:rest(.*)*', component: () => import('./pages/home/LostPage.vue') },
  ],
})
