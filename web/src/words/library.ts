/** Words of the catalogue and the review desk, in both languages. They come with their pages: a room's first load does without. */
import { i18n } from './index'

export const en = {
  embed: {
    button: 'Embed', title: 'Embed “{title}”', code: 'Paste this into the page of the other site', copy: 'Copy the code', copied: 'Copied', preview: 'What the other site shows', open: 'Open in Lectern',
    where: 'It plays for people who are signed in to Lectern, on sites that your administrator allows (LECTERN_FRAME_ANCESTORS). Browsers let only sites of the same domain use the sign-in; elsewhere people see a button that opens it in Lectern.', outside: 'Open it in Lectern', outsideText: 'You are not signed in here. In Lectern you can sign in and watch it.',
  },
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
  find: {
    title: 'Library', search: 'Search titles, tags, people, and what is said', clear: 'Clear the search', kinds: 'Kind', all: 'Everything', kind: { series: 'Series', microcourse: 'Microcourses', replay: 'Replays' }, one: { series: 'Series', microcourse: 'Microcourse', replay: 'Replay' }, categories: 'Categories', everywhere: 'All categories', tags: 'Tags', moreTags: 'More tags', fewerTags: 'Fewer tags',
    more: 'Show more', results: '{n} result | {n} results', resultsMore: 'More than {n} results', nothing: 'Nothing found', nothingText: 'Try fewer or other words, or look in all categories.', reset: 'Show everything', empty: 'Nothing to watch yet', emptyText: 'Replays, microcourses and series appear here as soon as they are published.',
    at: 'at {time}', watched: '{p}% watched', done: 'Done', in: { title: 'Title', tag: 'Tag', category: 'Category', series: 'Series', presenter: 'Presenter', description: 'Description', chapter: 'Chapter', caption: 'Said' },
  },
  due: {
    title: 'To watch', all: 'Show all {n}', allDone: 'You have watched everything that is required.', doneCount: '{n} done', overdue: 'Overdue since {when}', soon: 'By {when}', later: 'By {when}', open: 'Required', done: 'Done', counting: 'What you saw live is still being counted. This list will be up to date in a moment.',
    required: 'Required: whoever this series is for is to watch all of it', by: 'To be watched by', byHelp: 'Whoever has not finished is reminded three days and one day before, and when it is over. Empty: no deadline. Whom it is for is set under “Library”.', who: 'Who has not finished it',
  },
  place: {
    open: 'Library', title: 'Where learners find “{title}”', category: 'Category', none: 'No category', description: 'Description', descriptionHelp: 'Searched too.', tags: 'Tags', tagHelp: 'Press Enter after each.', addTag: 'Add', dropTag: 'Remove the tag “{name}”', whom: 'Who may watch it', everybody: 'Everybody in the organisation', some: 'Only these', department: 'Department', person: 'Person', lesson: 'Everybody on a lesson’s list', choose: 'Choose', add: 'Add', drop: 'Remove “{name}”', gone: 'does not exist any more', nobody: 'Add a department, a person or a lesson, or choose everybody.', note: 'For everybody else it does not exist: not in lists, not in searches, not by a link. Those who teach or review always see it.', seriesNote: 'This hides the series. What is in it follows its own settings.', save: 'Save', tooMany: 'At most 12 tags.', kind: 'Who', findLesson: 'Find a lesson',
  },
  tree: {
    open: 'Categories and tags', title: 'Categories and tags', categories: 'Categories', help: 'Up to three levels. A category also shows what is in those below it.', name: 'Name', under: 'Inside', top: 'Top level', add: 'New category', edit: 'Change “{name}”', up: 'Move “{name}” up', down: 'Move “{name}” down', moved: '“{name}” moved', save: 'Save', remove: 'Delete category', removeTitle: 'Delete “{name}”?', removeText: 'What is in it moves one level up. Nothing is lost.', none: 'No categories yet', noneText: 'Begin with two or three: “New staff”, “Safety”, “Sales”.', count: '{n} item | {n} items',
    tags: 'Tags', tagsHelp: 'Tags are added where a replay, microcourse or series is edited. Two spellings of one word can be merged here.', noTags: 'No tags yet', rename: 'Rename “{name}”', newName: 'New name', merge: 'Merge', mergeTitle: 'Merge “{from}” into “{into}”?', mergeText: 'Everything with the tag “{from}” gets “{into}” instead. This cannot be undone.', removeTag: 'Delete the tag “{name}”', removeTagTitle: 'Delete the tag “{name}”?', removeTagText: 'It is taken off {n} item. | It is taken off {n} items.', filter: 'Find a tag', reread: 'Read everything anew', rereadHelp: 'If a person’s new name is not found yet.', rereading: '{n} items are being read.',
  },
  series: {
    title: 'Series', all: 'All series', more: 'More series', single: 'Microcourses', begin: 'Begin', goOn: 'Go on', again: 'Watch again', progress: '{n} of {of} done', done: 'Done', half: '{p}% watched', isNext: 'Next', renewed: 'New version since you watched', count: '{n} part | {n} parts', of: 'Series', none: 'No series yet', noneText: 'Put microcourses and replays that belong together in an order.', gone: 'Nothing to watch in this series at the moment',
    create: 'New series', name: 'Title', description: 'Description', shown: 'Learners see this series', shownYes: 'Shown', shownNo: 'Hidden', items: 'Parts, in their order', add: 'Add', addTitle: 'Add a part', replays: 'Replays', up: 'Move “{title}” up', down: 'Move “{title}” down', take: 'Take “{title}” out', moved: '“{title}” is now part {n}', notShown: 'Not published: learners do not see it', save: 'Save', saved: 'Saved', remove: 'Delete series', removeTitle: 'Delete “{title}”?', removeText: 'What is in it stays.', asLearner: 'As learners see it', unsaved: 'Not saved yet',
  },
}

export const zh: typeof en = {
  embed: {
    button: '嵌入', title: '嵌入“{title}”', code: '把这段代码贴到其他网站的页面里', copy: '复制代码', copied: '已复制', preview: '其他网站上的样子', open: '在 Lectern 中打开',
    where: '已登录 Lectern 的人可以在管理员允许的网站上观看（LECTERN_FRAME_ANCESTORS）。浏览器只允许同一域名下的网站使用登录状态；在其他网站上，会显示一个在 Lectern 中打开的按钮。', outside: '请在 Lectern 中打开', outsideText: '你在这里还没有登录。到 Lectern 登录后即可观看。',
  },
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
  find: {
    title: '内容库', search: '搜索标题、标签、讲师和讲过的话', clear: '清除搜索', kinds: '类型', all: '全部', kind: { series: '系列', microcourse: '微课', replay: '回放' }, one: { series: '系列', microcourse: '微课', replay: '回放' }, categories: '分类', everywhere: '全部分类', tags: '标签', moreTags: '更多标签', fewerTags: '收起标签',
    more: '显示更多', results: '找到 {n} 项', resultsMore: '找到超过 {n} 项', nothing: '没有找到', nothingText: '换个词试试，或在全部分类中查找。', reset: '显示全部', empty: '还没有可以看的内容', emptyText: '回放、微课和系列发布后，会出现在这里。',
    at: '{time} 处', watched: '已看 {p}%', done: '已完成', in: { title: '标题', tag: '标签', category: '分类', series: '系列', presenter: '讲师', description: '简介', chapter: '章节', caption: '原话' },
  },
  due: {
    title: '待看的必修内容', all: '显示全部 {n} 项', allDone: '必修内容已全部看完。', doneCount: '已完成 {n} 项', overdue: '已逾期：{when}', soon: '{when} 前看完', later: '{when} 前看完', open: '必修', done: '已完成', counting: '正在统计你在直播课上看过的部分，稍后自动更新。',
    required: '必修：系列范围内的人应看完全部内容', by: '看完期限', byHelp: '还没看完的人会在到期前三天、前一天和到期时收到提醒。不填则没有期限。范围在“分类与范围”里设置。', who: '谁还没看完',
  },
  place: {
    open: '分类与范围', title: '学员在哪里找到“{title}”', category: '分类', none: '不分类', description: '简介', descriptionHelp: '也会被搜索到。', tags: '标签', tagHelp: '每输入一个按回车。', addTag: '添加', dropTag: '移除标签“{name}”', whom: '谁可以看', everybody: '单位所有人', some: '仅限以下范围', department: '部门', person: '个人', lesson: '某节课名单上的人', choose: '请选择', add: '添加', drop: '移除“{name}”', gone: '已不存在', nobody: '请添加部门、个人或课程，或选择所有人。', note: '范围以外的人在列表和搜索中都看不到，有链接也打不开。讲师和审核人始终可以看到。', seriesNote: '这里只决定系列本身是否可见，其中的内容各按自己的设置。', save: '保存', tooMany: '最多 12 个标签。', kind: '范围类型', findLesson: '查找课程',
  },
  tree: {
    open: '分类和标签', title: '分类和标签', categories: '分类', help: '最多三级。打开上级分类，也能看到下级的内容。', name: '名称', under: '上级分类', top: '最上级', add: '新建分类', edit: '修改“{name}”', up: '上移“{name}”', down: '下移“{name}”', moved: '“{name}”已移动', save: '保存', remove: '删除分类', removeTitle: '删除“{name}”？', removeText: '其中的内容会移到上一级，不会丢失。', none: '还没有分类', noneText: '先建两三个，例如“新员工”“安全”“销售”。', count: '{n} 项',
    tags: '标签', tagsHelp: '标签在编辑回放、微课或系列时添加。同一个词的不同写法可以在这里合并。', noTags: '还没有标签', rename: '重命名“{name}”', newName: '新名称', merge: '合并', mergeTitle: '把“{from}”合并到“{into}”？', mergeText: '所有带“{from}”的内容都会改为“{into}”，无法撤销。', removeTag: '删除标签“{name}”', removeTagTitle: '删除标签“{name}”？', removeTagText: '会从 {n} 项内容上移除。', filter: '查找标签', reread: '重建索引', rereadHelp: '人员改名后搜不到时使用。', rereading: '正在重建 {n} 项。',
  },
  series: {
    title: '系列', all: '全部系列', more: '更多系列', single: '微课', begin: '开始学习', goOn: '继续学习', again: '再看一遍', progress: '已完成 {n} / {of}', done: '已完成', half: '已看 {p}%', isNext: '下一节', renewed: '你看过之后有新版本', count: '共 {n} 节', of: '系列', none: '还没有系列', noneText: '把同一主题的微课和回放按顺序放在一起。', gone: '这个系列目前没有可以看的内容',
    create: '新建系列', name: '标题', description: '简介', shown: '对学员可见', shownYes: '可见', shownNo: '未公开', items: '内容与顺序', add: '添加', addTitle: '添加内容', replays: '回放', up: '上移“{title}”', down: '下移“{title}”', take: '移出“{title}”', moved: '“{title}”现在是第 {n} 节', notShown: '未发布，学员看不到', save: '保存', saved: '已保存', remove: '删除系列', removeTitle: '删除“{title}”？', removeText: '其中的内容会保留。', asLearner: '学员看到的样子', unsaved: '尚未保存',
  },
}

/** What the server refuses here, in words of our own. */
const refusedEn = {
  deadline_wrong: 'Choose a moment that is still to come.', category_exists: 'There is a category with this name here. Choose another name.', category_unknown: 'This category does not exist any more. Choose another.', category_not_found: 'This category does not exist any more. Open the page again.', category_in_itself: 'A category cannot stand in itself.', categories_too_deep: 'Categories are at most three levels deep.', categories_too_many: 'There are 500 categories already.', category_name_invalid: 'A name has 1 to 60 characters.',
  tag_invalid: 'A tag has 1 to 40 characters, a letter or figure among them.', tags_too_many: 'At most 12 tags.', tag_not_found: 'This tag does not exist any more. Open the page again.', audience_unknown: 'Somebody here does not exist any more. Remove them and save again.', audience_too_long: 'Name at most 500. Choose departments instead of people.', description_too_long: 'At most 2,000 characters.',
}
const refusedZh: typeof refusedEn = {
  deadline_wrong: '请选择一个还没有到的时间。', category_exists: '这里已有同名分类，请换个名称。', category_unknown: '这个分类已不存在，请另选。', category_not_found: '这个分类已不存在，请重新打开页面。', category_in_itself: '分类不能放到它自己下面。', categories_too_deep: '分类最多三级。', categories_too_many: '分类已有 500 个。', category_name_invalid: '名称为 1 到 60 个字。',
  tag_invalid: '标签为 1 到 40 个字，至少含一个文字或数字。', tags_too_many: '最多 12 个标签。', tag_not_found: '这个标签已不存在，请重新打开页面。', audience_unknown: '范围中有人或部门已不存在，请移除后再保存。', audience_too_long: '最多 500 项，请改选部门。', description_too_long: '最多 2000 字。',
}

export type LibraryWords = typeof en

i18n.global.mergeLocaleMessage('en', { shelf: en, error: refusedEn })
i18n.global.mergeLocaleMessage('zh-CN', { shelf: zh, error: refusedZh })
