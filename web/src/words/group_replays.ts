/** Words about what groups record for themselves. They come with what says it: a room's first load does without. */
import { i18n } from './index'

export const en = {
  choose: 'Record the groups’ work, too', chooseHelp: 'Each group is recorded by itself, never in the lesson’s replay. Learners read it in their group. After the lesson only staff can play it, until you show it to the group or to everybody. Whoever is left out of the recording is left out here, too.',
  recorded: 'Recorded', told: 'What you say here is recorded. Staff can play it after the lesson, and may show it to others.', toldAll: 'What is said in the groups is recorded. Staff can play it after the lesson, and may show it to others.', running: 'The groups’ work is recorded',
  title: 'Recordings of the groups', n: 'Group {n}', round: 'Round {n}', ofLesson: 'From: {title}', back: 'Back to the replay of the lesson',
  shownTo: 'Who can watch this recording', staff: 'Staff only', group: 'Staff and this group', class: 'Everybody who can watch the replay', replayHeld: 'The replay of the lesson is not published: until it is, only staff see this.', saved: 'Saved.',
  watched: 'Who watched this recording', watchedNone: 'Nobody has watched this recording yet.', watchedBy: '{n} person watched this recording; {done} saw 80% of it or more ({p}). | {n} people watched this recording; {done} of them saw 80% of it or more ({p}).', watchedWho: 'Who, and how much of it', watchedNameless: 'Name erased', watchedAgain: 'Count again',
}

export const zh: typeof en = {
  choose: '同时录制小组讨论', chooseHelp: '每个小组单独录制，不会进入本场回放。学员在小组里会看到提示。下课后只有授课人员可以播放，除非你向该小组或所有人开放。按规则不录制的学员，在这里同样不录制。',
  recorded: '正在录制', told: '你在这里说的话会被录制。下课后授课人员可以播放，也可能向其他人开放。', toldAll: '小组里说的话会被录制。下课后授课人员可以播放，也可能向其他人开放。', running: '小组讨论正在录制',
  title: '小组录制', n: '第 {n} 组', round: '第 {n} 轮', ofLesson: '来自：{title}', back: '返回本场回放',
  shownTo: '谁可以看这段录制', staff: '仅授课人员', group: '授课人员和本组学员', class: '所有能看回放的人', replayHeld: '本场回放还没有发布，发布之前只有授课人员能看到这里。', saved: '已保存。',
  watched: '谁看过这段录制', watchedNone: '还没有人看过这段录制。', watchedBy: '{n} 人看过这段录制，其中 {done} 人看到 80% 以上（{p}）。', watchedWho: '谁看了、看了多少', watchedNameless: '姓名已删除', watchedAgain: '重新统计',
}

export type GroupReplayWords = typeof en

i18n.global.mergeLocaleMessage('en', { groupReplays: en })
i18n.global.mergeLocaleMessage('zh-CN', { groupReplays: zh })
