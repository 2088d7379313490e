/** Words for what groups do together beside talking: work on the question pool. They come with its panels: a room's first load does without. */
import { i18n } from './index'

export const en = {
  points: {
    title: 'Points of the groups', board: 'Score board', final: 'Final standing', n: '{n} point | {n} points', place: 'Place {n}', tie: 'tied', none: 'No points yet. Give the first below.', group: 'Group', howMany: 'Points', why: 'Why (optional)', give: 'Give', take: 'Take', given: '{name}: {n}', history: 'What points were given for', forPoll: 'for the answers to a question', undo: 'Take this back', undoOf: 'Take back: {name}, {n}', undone: 'taken back',
    show: 'Show the board to everybody', hide: 'Stop showing the board', announce: 'Announce the final standing', poll: 'Points for a question', pollHow: 'A group that is all right gets all of them, the others their part.', choosePoll: 'Choose a question', pollGive: 'Give points for the answers',
    refused: { points_invalid: 'Give between 1 and 100 points at once.', points_missing: 'No group has got points yet.', points_full: 'Points were given 500 times already.', poll_not_scored: 'Points are given for a closed quiz question that these groups were asked.', poll_scored_already: 'This question has given its points already.' },
  },
  sorting: {
    plan: 'Question pool', planHow: 'Groups sort questions into classes, vote, make them clearer, and bring back their top three.', works: 'Groups work on', mode: { none: 'no questions', all: 'all published questions', dealt: 'published questions, shared out', chosen: 'questions that I choose' }, nobodyAsked: 'No question waits in the pool.',
    give: 'Who gets it', giveTo: 'Who gets: {text}', nobody: 'nobody', every: 'every group', classes: 'Classes to choose from', classesHow: 'Price, Product, Service', classesHint: 'Separate them with commas. Groups can add their own.', giveNow: 'Give all published questions', given: 'The group has the questions.', pending: 'not published',
    title: 'Questions of {name}', how: 'Choose a class for each question, give your votes, and mark the three that your group brings back.', sorted: 'Sorted: {n} of {of}', votesLeft: 'Your votes left: {n} of {of}', votes: '{n} vote | {n} votes', marked: 'Top: {n} of {of}', filter: 'Show', all: 'All', unsorted: 'No class', nothing: 'No question here.',
    classOf: 'Class', newClass: 'New class', addClass: 'Add class', vote: 'Vote', voteFor: 'Vote for this question: {n} vote | Vote for this question: {n} votes', top: 'Bring back', inTop: 'Top {n}', clarify: 'Clarify', clarifyCount: 'Clarifications: {n}', clarifyText: 'What makes this question clearer?', send: 'Add', clarifyHint: 'Your group, the host and whoever asked can read it, with your name.', ownSecret: 'You asked this without your name. What you write here carries it.', unnamed: 'without a name', yours: 'your question',
    clarified: 'Groups made your question clearer', by: '{group}, {name}',
    live: '{n} question, {sorted} sorted, {top} at the top | {n} questions, {sorted} sorted, {top} at the top', results: 'What groups made of their questions', brought: '{name}: {n} question in {classes} classes | {name}: {n} questions in {classes} classes', broughtOne: '{name}: {n} question in 1 class | {name}: {n} questions in 1 class', broughtNone: '{name}: {n} question, none sorted | {name}: {n} questions, none sorted', topThree: 'Their top questions', noTop: 'The group marked no top questions.', everything: 'All questions by class', take: 'Take over into the pool', takeHow: 'Classes become tags, votes count in the pool.', taken: 'taken over',
    renameClass: 'Rename {name}', dropClass: 'Remove {name}', className: 'Name of the class', saveName: 'Save', keepName: 'Cancel', dropSure: 'Remove {name}? It holds no question. | Remove {name}? Its {n} question goes to “No class”. | Remove {name}? Its {n} questions go to “No class”.', drop: 'Remove', said: 'Groups made it clearer',
    refused: { class_given: 'The presenter set this class.', class_name_taken: 'There is a class of this name. Put the questions into that one.', votes_spent: 'All your votes are given. Take one back first.', top_full: 'Your group brings back three. Take one back first.', too_many_classes: 'A group has at most 12 classes.', too_many_given: 'A group gets at most 50 questions.', pool_empty: 'No published question waits. Publish some first, or choose some.', clarifications_full: 'There are enough clarifications of this question.', class_not_found: 'This class is not there any more.', group_pool_not_found: 'This group was given no questions.', group_pool_open: 'The group still works. Bring everyone back first.' },
  },
}

export type TogetherWords = typeof en

export const zh: TogetherWords = {
  points: {
    title: '小组积分', board: '积分榜', final: '最终名次', n: '{n} 分', place: '第 {n} 名', tie: '并列', none: '还没有积分，可以在下面给分。', group: '小组', howMany: '分数', why: '理由（可不填）', give: '加分', take: '扣分', given: '{name}：{n} 分', history: '给分记录', forPoll: '答题得分', undo: '撤销', undoOf: '撤销：{name}，{n} 分', undone: '已撤销',
    show: '向所有人展示积分榜', hide: '停止展示积分榜', announce: '公布最终名次', poll: '按答题给分', pollHow: '全组都答对得满分，其他组按答对的比例得分。', choosePoll: '选择一道题', pollGive: '按答案给分',
    refused: { points_invalid: '每次可给 1 到 100 分。', points_missing: '还没有小组得分。', points_full: '已经给过 500 次分了。', poll_not_scored: '只有小组答过、已结束、有正确答案的题才能给分。', poll_scored_already: '这道题已经给过分了。' },
  },
  sorting: {
    plan: '问题池', planHow: '各组把问题归类、投票、补充说明，并带回最重要的三个。', works: '各组处理', mode: { none: '不处理问题', all: '全部已公开的问题', dealt: '已公开的问题，分给各组', chosen: '我选的问题' }, nobodyAsked: '问题池里没有待回答的问题。',
    give: '分给谁', giveTo: '分给谁：{text}', nobody: '不分', every: '每个组', classes: '可选的类别', classesHow: '价格，产品，服务', classesHint: '用逗号隔开。各组也可以自己添加。', giveNow: '把已公开的问题都给这个组', given: '这个组拿到了问题。', pending: '未公开',
    title: '{name} 的问题', how: '给每个问题选一个类别，投出你的票，标出本组要带回的三个。', sorted: '已归类：{n} / {of}', votesLeft: '你剩余的票：{n} / {of}', votes: '{n} 票', marked: '重点：{n} / {of}', filter: '筛选', all: '全部', unsorted: '未归类', nothing: '这里没有问题。',
    classOf: '类别', newClass: '新类别', addClass: '添加类别', vote: '投票', voteFor: '给这个问题投票：{n} 票', top: '带回', inTop: '重点 {n}', clarify: '补充说明', clarifyCount: '补充说明：{n}', clarifyText: '怎样说这个问题更清楚？', send: '添加', clarifyHint: '本组、主持人和提问的人能看到，并显示你的名字。', ownSecret: '这个问题是你匿名提的。在这里写的内容会显示你的名字。', unnamed: '匿名', yours: '你的问题',
    clarified: '小组补充了你的问题', by: '{group} 的 {name}',
    live: '{n} 个问题，已归类 {sorted} 个，重点 {top} 个', results: '各组整理的问题', brought: '{name}：{n} 个问题，分成 {classes} 类', broughtOne: '{name}：{n} 个问题，分成 1 类', broughtNone: '{name}：{n} 个问题，没有归类', topThree: '他们的重点问题', noTop: '这个组没有标出重点问题。', everything: '按类别查看全部问题', take: '并入问题池', takeHow: '类别成为标签，票数计入问题池。', taken: '已并入',
    renameClass: '重命名“{name}”', dropClass: '删除“{name}”', className: '类别名称', saveName: '保存', keepName: '取消', dropSure: '删除“{name}”？其中没有问题。 | 删除“{name}”？其中 {n} 个问题回到“未归类”。 | 删除“{name}”？其中 {n} 个问题回到“未归类”。', drop: '删除', said: '小组的补充',
    refused: { class_given: '这个类别是讲师设定的。', class_name_taken: '已有同名类别，请把问题归到那里。', votes_spent: '你的票已经投完，请先收回一票。', top_full: '每组带回三个问题，请先取消一个。', too_many_classes: '每组最多 12 个类别。', too_many_given: '每组最多 50 个问题。', pool_empty: '没有已公开的待答问题。请先公开，或自己选择。', clarifications_full: '这个问题的补充说明已经够多了。', class_not_found: '这个类别已经不在了。', group_pool_not_found: '这个组没有拿到问题。', group_pool_open: '这个组还在讨论，请先叫大家回来。' },
  },
}

i18n.global.mergeLocaleMessage('en', en)
i18n.global.mergeLocaleMessage('zh-CN', zh)
