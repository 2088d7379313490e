/** What is said where something deleted is opened, in both languages. It comes with the pages of media. */
import { i18n } from './index'

export const en = { delete: 'Delete', title: 'Deleted', replay: 'The replay was deleted', library: 'Open the library', signIn: 'Please sign in' }
export const zh: typeof en = { delete: '删除', title: '已删除', replay: '回放已删除', library: '打开内容库', signIn: '请先登录' }

const refusedEn = {
  replay_deleted: 'This replay was deleted. Ask whoever gave the lesson.', microcourse_deleted: 'This microcourse was deleted. Look for another in the library.', source_deleted: 'The replay that this was cut from was deleted, so it cannot be cut anew. It can still be shown as it is.', lesson_replay_deleted: 'The replay of this lesson was deleted, so it cannot go on. Begin a new lesson.',
}
const refusedZh: typeof refusedEn = {
  replay_deleted: '这个回放已删除。如有需要，请联系讲师。', microcourse_deleted: '这节微课已删除，可以在内容库中查找其他内容。', source_deleted: '剪出这节微课的回放已删除，不能再重新剪辑，但仍可照原样观看。', lesson_replay_deleted: '本场的回放已删除，不能继续上课，请新建一场。',
}

export type DeletedWords = typeof en

i18n.global.mergeLocaleMessage('en', { deleted: en, error: refusedEn })
i18n.global.mergeLocaleMessage('zh-CN', { deleted: zh, error: refusedZh })
