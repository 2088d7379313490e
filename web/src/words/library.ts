/** Words of the catalogue and the review desk, in both languages. They come with their pages: a room's first load does without. */
import { i18n } from './index'

export const en = {
  desk: {
    none: 'Nothing here yet', noneText: 'Cut a microcourse from a replay: it appears here.', toWatch: 'Watch', version: 'Version {n}', live: 'Learners see version {n}', notLive: 'Learners do not see it', edit: 'Open the editor', viewing: 'Who watched',
    ask: 'Ask for a review', whom: 'Who reviews it', anybody: 'Whoever comes first', takeBack: 'Take the request back', waiting: 'Waits for a review since {when}', waitingFor: 'Waits for {name} since {when}',
    review: 'Your review', comment: 'Comment', points: 'What has to be changed', addPoint: 'Add a point at {time}', addPlain: 'Add a point', point: 'Point {n}', removePoint: 'Remove point {n}', jump: 'Play from {time}', approve: 'Approve', approvePublish: 'Approve and publish', sendBack: 'Send back', publish: 'Publish', publishAgain: 'Show it again', retire: 'Retire', retireTitle: 'Retire “{title}”?', retireText: 'Learners do not find it any more, and links to it say that it is gone. What they have watched stays on record. It can be shown again.',
    history: 'History', verdict: { waiting: 'Asked by {name}', approved: 'Approved by {name}', sent_back: 'Sent back by {name}', taken_back: 'Taken back by {name}' }, published: 'Published by {name}', replaced: 'until {when}', somebody: 'somebody', all: 'All states',
  },
  window: {
    title: 'When learners see “{title}”', open: 'When shown', byRule: 'As the organisation’s rule says', own: 'At times of its own', from: 'From', to: 'Until', empty: 'Empty: without a limit', save: 'Save', until: 'until {when}', since: 'from {when}', soon: 'You can watch this replay from {when}.', over: 'This replay could be watched until {when}. Ask whoever gave the lesson.', notNow: 'Not available now',
  },
  terms: { open: 'Rules', title: 'Rules of the catalogue', review: 'Microcourses are published only after a review', reviewHelp: 'An administrator or line manager approves what somebody else has made.', days: 'Days for which replays are shown', daysHelp: 'Counted from the lesson’s end. Empty: for good. A replay can have times of its own.', save: 'Save' },
  series: {
    title: 'Series', all: 'All series', more: 'More series', single: 'Microcourses', begin: 'Begin', goOn: 'Go on', again: 'Watch again', progress: '{n} of {of} done', done: 'Done', half: '{p}% watched', isNext: 'Next', renewed: 'New version since you watched', count: '{n} part | {n} parts', of: 'Series', none: 'No series yet', noneText: 'Put microcourses and replays that belong together in an order.', gone: 'Nothing to watch in this series at the moment',
    create: 'New series', name: 'Title', description: 'Description', shown: 'Learners see this series', shownYes: 'Shown', shownNo: 'Hidden', items: 'Parts, in their order', add: 'Add', addTitle: 'Add a part', replays: 'Replays', up: 'Move “{title}” up', down: 'Move “{title}” down', take: 'Take “{title}” out', moved: '“{title}” is now part {n}', notShown: 'Not published: learners do not see it', save: 'Save', saved: 'Saved', remove: 'Delete series', removeTitle: 'Delete “{title}”?', removeText: 'What is in it stays.', asLearner: 'As learners see it', unsaved: 'Not saved yet',
  },
}

export const zh: typeof en = {
  desk: {
    none: '这里还没有内容', noneText: '从回放中剪出微课后，会出现在这里。', toWatch: '观看', version: '第 {n} 版', live: '学员看到的是第 {n} 版', notLive: '学员看不到', edit: '打开剪辑', viewing: '观看情况',
    ask: '送审', whom: '由谁审核', anybody: '任一审核人', takeBack: '撤回送审', waiting: '{when} 起等待审核', waitingFor: '{when} 起等待 {name} 审核',
    review: '你的审核', comment: '意见', points: '需要修改的地方', addPoint: '在 {time} 处加一条', addPlain: '加一条', point: '第 {n} 条', removePoint: '删除第 {n} 条', jump: '从 {time} 播放', approve: '通过', approvePublish: '通过并发布', sendBack: '退回修改', publish: '发布', publishAgain: '重新上架', retire: '下架', retireTitle: '下架“{title}”？', retireText: '学员将找不到它，已有链接也会失效。观看记录会保留，之后可以重新上架。',
    history: '记录', verdict: { waiting: '{name} 送审', approved: '{name} 审核通过', sent_back: '{name} 退回修改', taken_back: '{name} 撤回送审' }, published: '{name} 发布', replaced: '至 {when}', somebody: '某人', all: '全部状态',
  },
  window: {
    title: '“{title}”的开放时间', open: '开放时间', byRule: '按单位规则', own: '单独设置', from: '开始', to: '截止', empty: '留空表示不限', save: '保存', until: '至 {when}', since: '{when} 起', soon: '{when} 起可以观看这个回放。', over: '这个回放的开放时间已于 {when} 结束。如需观看，请联系讲师。', notNow: '现在不能观看',
  },
  terms: { open: '规则', title: '微课与回放规则', review: '微课审核通过后才能发布', reviewHelp: '由管理员或部门主管审核他人制作的微课。', days: '回放开放天数', daysHelp: '从下课算起。留空表示长期开放。可为单个回放另设时间。', save: '保存' },
  series: {
    title: '系列', all: '全部系列', more: '更多系列', single: '微课', begin: '开始学习', goOn: '继续学习', again: '再看一遍', progress: '已完成 {n} / {of}', done: '已完成', half: '已看 {p}%', isNext: '下一节', renewed: '你看过之后有新版本', count: '共 {n} 节', of: '系列', none: '还没有系列', noneText: '把同一主题的微课和回放按顺序放在一起。', gone: '这个系列目前没有可以看的内容',
    create: '新建系列', name: '标题', description: '简介', shown: '对学员可见', shownYes: '可见', shownNo: '未公开', items: '内容与顺序', add: '添加', addTitle: '添加内容', replays: '回放', up: '上移“{title}”', down: '下移“{title}”', take: '移出“{title}”', moved: '“{title}”现在是第 {n} 节', notShown: '未发布，学员看不到', save: '保存', saved: '已保存', remove: '删除系列', removeTitle: '删除“{title}”？', removeText: '其中的内容会保留。', asLearner: '学员看到的样子', unsaved: '尚未保存',
  },
}

export type LibraryWords = typeof en

i18n.global.mergeLocaleMessage('en', { shelf: en })
i18n.global.mergeLocaleMessage('zh-CN', { shelf: zh })
