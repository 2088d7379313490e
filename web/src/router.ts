import { createRouter, createWebHistory } from 'vue-router'

/** Every page is its own chunk. `keep` gives pages that share a frame one identity, so that moving between them keeps it. */
export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: () => import('./pages/home/HomePage.vue'), meta: { title: 'home.sessions' } },
    { path: '/sign-in', component: () => import('./pages/home/SignInPage.vue'), meta: { title: 'signIn.title' } },
    { path: '/connection-test', component: () => import('./pages/connection/ConnectionTestPage.vue'), meta: { title: 'connection.title' } },
    { path: '/studio/:id', component: () => import('./pages/studio/StudioPage.vue'), props: true },
    { path: '/room/:id', component: () => import('./pages/room/RoomPage.vue'), props: true },
    { path: '/questions/:id', component: () => import('./pages/questions/QuestionsPage.vue'), props: true },
    { path: '/screen', component: () => import('./pages/screen/ScreenEntry.vue'), meta: { title: 'tv.title' } },
    { path: '/screen/:id', component: () => import('./pages/screen/ScreenPage.vue'), props: true },
    { path: '/replay/:id', component: () => import('./pages/replay/ReplayPage.vue'), props: true },
    { path: '/editor/:id', component: () => import('./pages/editor/EditorPage.vue'), props: true },
    { path: '/watch', component: () => import('./pages/watch/MicrocoursesPage.vue'), meta: { title: 'watch.title' } },
    { path: '/watch/:id', component: () => import('./pages/watch/WatchPage.vue'), props: true },
    {
      path: '/admin',
      component: () => import('./pages/admin/AdminFrame.vue'),
      meta: { keep: 'admin' },
      children: [
        { path: '', redirect: '/admin/sessions' },
        { path: 'sessions', component: () => import('./pages/admin/SessionsPage.vue'), meta: { title: 'admin.sessions' } },
        { path: 'sessions/:id', component: () => import('./pages/admin/SessionDetailPage.vue'), props: true, meta: { title: 'attendance.title' } },
        { path: 'people', component: () => import('./pages/admin/PeoplePage.vue'), meta: { title: 'admin.people' } },
        { path: 'sessions/:id/polls', component: () => import('./pages/questions/PollResultsPage.vue'), props: true, meta: { title: 'results.title' } },
        { path: 'sessions/:id/groups', component: () => import('./pages/admin/GroupActivityPage.vue'), props: true, meta: { title: 'activity.title' } },
        { path: 'questions', component: () => import('./pages/questions/QuestionSetsPage.vue'), meta: { title: 'library.title' } },
        { path: 'questions/:id', component: () => import('./pages/questions/QuestionSetPage.vue'), props: true, meta: { title: 'library.edit' } },
        { path: 'replays', component: () => import('./pages/admin/ReplaysPage.vue'), meta: { title: 'admin.replays' } },
        { path: 'viewing/:medium/:id', component: () => import('./pages/admin/ViewingPage.vue'), props: true, meta: { title: 'viewing.title' } },
        { path: 'api-keys', component: () => import('./pages/admin/ApiKeysPage.vue'), meta: { title: 'admin.keys' } },
        { path: 'audit', component: () => import('./pages/admin/AuditPage.vue'), meta: { title: 'admin.audit' } },
      ],
    },
    { path: '/:rest(.*)*', component: () => import('./pages/home/LostPage.vue'), meta: { title: 'lost.title' } },
  ],
})
