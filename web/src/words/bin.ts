/** Words about deleting media and the bin, in both languages. They come with their pages. */
import { i18n } from './index'

export const en = {
  open: 'Bin', title: 'Bin', intro: 'What was deleted waits here for {days} days. Until then it can be taken back; afterwards it is erased from every disk. Attendance, the lesson’s record and who watched what stay.',
  empty: 'Nothing in the bin', emptyText: 'Replays and microcourses that are deleted appear here for {days} days.',
  what: 'What', deleted: 'Deleted', erasedOn: 'Erased for good', byName: '{when} by {name}', inDays: 'in {n} day | in {n} days', today: 'today', kind: { replay: 'Replay', microcourse: 'Microcourse' }, withReplay: 'deleted together with its replay', together: 'with {n} microcourse | with {n} microcourses', thereIsMore: 'The latest {n} are shown. There are more.',
  restore: 'Take back', restoreName: 'Take back “{title}”', restored: '“{title}” is back.', restoredMore: 'What learners saw of its microcourses is withdrawn: publish it again where you want it.', erase: 'Erase now', eraseName: 'Erase now: “{title}”', eraseTitle: 'Erase “{title}” for good?', eraseText: 'Sound, pictures, captions, drafts and recordings of groups are deleted from every disk within a minute. What was deleted together with it goes too. There is no way back. Who watched it stays on record.', eraseSure: 'I understand that nobody can bring it back',
  erasing: '“{title}” is being erased.',
  delete: 'Delete', deleteName: 'Delete “{title}”', deleteTitle: 'Delete “{title}”?', uses: 'What uses this replay', unused: 'Nothing was cut from it, it stands in no series, no group recorded for itself, and nobody has to watch it.',
  cut: '{n} microcourse was cut from it | {n} microcourses were cut from it', shown: 'learners see it', people: 'watched by {n} person | watched by {n} people', required: 'has to be watched', requiredUntil: 'has to be watched until {when}', groups: 'The recording of {n} group goes with it, and is erased with it: | The recordings of {n} groups go with it, and are erased with it:', groupN: 'Group {n}', groupOfRound: '{name}, round {round}', groupShown: { group: 'shown to the group', class: 'shown to everybody who may watch' }, drafts: '{n} draft in the editor | {n} drafts in the editor', inSeries: 'In the series “{title}”', seriesMore: '“{title}”: {n} microcourse | “{title}”: {n} microcourses', keys: 'Other tools that read Lectern’s media ({n} key) may have copies. They are told that it is gone. | Other tools that read Lectern’s media ({n} keys) may have copies. They are told that it is gone.',
  choice: 'And what was cut from it?', keep: 'Delete the replay only', keepText: 'The microcourses live on as they are. They cannot be cut anew.', all: 'Delete the microcourses too', allText: 'They are withdrawn first. Taken back from the bin, they are not published.',
  then: 'It goes to the bin. For {days} days it can be taken back, then it is erased. Links, pages of other sites and downloads stop within seconds. Attendance, the lesson’s record and who watched what stay.', sure: 'I have looked at what uses it', confirm: 'Put into the bin', gone: '“{title}” is in the bin.', toBin: 'Open the bin',
  deleteCourse: 'Delete “{title}”?', deleteCourseText: 'Learners do not find it any more, and links to it say that it was deleted. It goes to the bin and can be taken back until it is erased. The replay stays, and so does who watched it.', sourceGone: 'The replay that this was cut from was deleted. The microcourse goes on as it is; it cannot be cut anew.',
}

export const zh: typeof en = {
  open: '回收站', title: '回收站', intro: '删除的内容在这里保留 {days} 天，期间可以恢复；到期后会从所有磁盘彻底清除。考勤、课堂记录和观看记录会保留。',
  empty: '回收站是空的', emptyText: '删除的回放和微课会在这里保留 {days} 天。',
  what: '内容', deleted: '删除时间', erasedOn: '彻底清除', byName: '{when} 由 {name} 删除', inDays: '{n} 天后', today: '今天', kind: { replay: '回放', microcourse: '微课' }, withReplay: '随回放一起删除', together: '连同 {n} 节微课', thereIsMore: '已显示最近的 {n} 项，还有更多。',
  restore: '恢复', restoreName: '恢复“{title}”', restored: '已恢复“{title}”。', restoredMore: '随之恢复的微课处于下架状态，需要的话请重新发布。', erase: '立即清除', eraseName: '立即清除“{title}”', eraseTitle: '彻底清除“{title}”？', eraseText: '声音、画面、字幕、小组录制和剪辑草稿会在一分钟内从所有磁盘删除，随它一起删除的内容也会清除，无法恢复。观看记录会保留。', eraseSure: '我知道清除后谁也无法恢复',
  erasing: '正在清除“{title}”。',
  delete: '删除', deleteName: '删除“{title}”', deleteTitle: '删除“{title}”？', uses: '哪些内容用到这个回放', unused: '没有从中剪出的微课，不在任何系列中，没有小组录制，也没有人必须观看。',
  cut: '从中剪出了 {n} 节微课', shown: '学员可见', people: '{n} 人看过', required: '必看', requiredUntil: '必看，截止 {when}', groups: '{n} 个小组的录制随回放一起移走，到期一起清除：', groupN: '第 {n} 组', groupOfRound: '{name}（第 {round} 轮）', groupShown: { group: '小组成员可见', class: '能看回放的人都可见' }, drafts: '剪辑中有 {n} 个草稿', inSeries: '在系列“{title}”中', seriesMore: '“{title}”：{n} 节微课', keys: '其他系统（{n} 个密钥）可以读取媒体，可能存有副本。系统会通知它们内容已删除。',
  choice: '从中剪出的微课怎么办？', keep: '只删除回放', keepText: '微课保持原样，继续可看，但不能再重新剪辑。', all: '微课也一起删除', allText: '先下架再删除。从回收站恢复后处于未发布状态。',
  then: '内容会移到回收站，{days} 天内可以恢复，到期后彻底清除。链接、其他网站上的嵌入和下载会在几秒内失效。考勤、课堂记录和观看记录会保留。', sure: '我已查看哪些内容用到它', confirm: '移到回收站', gone: '“{title}”已移到回收站。', toBin: '打开回收站',
  deleteCourse: '删除“{title}”？', deleteCourseText: '学员将找不到它，已有链接会提示已删除。内容会移到回收站，清除之前可以恢复。回放和观看记录会保留。', sourceGone: '剪出这节微课的回放已删除。微课保持原样，但不能再重新剪辑。',
}

const refusedEn = {
  uses_changed: 'What uses this replay has changed since you looked. Look at the list again.', bin_left: 'This is not in the bin any more. Open the page again.', bin_not_found: 'This is not in the bin (any more).', bin_already: 'This is in the bin already, or erased.',
}
const refusedZh: typeof refusedEn = {
  uses_changed: '用到这个回放的内容刚刚有变化，请再看一遍。', bin_left: '这项内容已不在回收站，请重新打开页面。', bin_not_found: '回收站里没有这项内容。', bin_already: '这项内容已在回收站，或已清除。',
}

export type BinWords = typeof en

i18n.global.mergeLocaleMessage('en', { bin: en, error: refusedEn })
i18n.global.mergeLocaleMessage('zh-CN', { bin: zh, error: refusedZh })
