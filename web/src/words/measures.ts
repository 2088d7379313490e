/** Words of the course measures, in both languages. They come with their page: a room's first load does without. */
import { i18n } from './index'

export const en = {
  title: 'Course measures', about: 'How each replay, microcourse, lesson or series was used and answered in a period.', back: 'Statistics', by: 'Rows', bys: { medium: 'Replays and microcourses', session: 'Lessons', series: 'Series' }, category: 'Category', allCategories: 'All categories', department: 'Department', allDepartments: 'All departments', none: 'Nothing in this period', noneText: 'What is watched, rated, kept or shared in it appears here.', noneFiltered: 'Nothing fits. Choose another period, category or department.', counting: 'Answers to polls are still being counted: {n}', files: 'Table', more: 'Show more', shown: '{n} of {of} rows', deleted: 'Deleted', parts: '{n} medium | {n} media', name: 'Title', ofDepartment: 'Of one department: people’s own figures. Anonymous ratings belong to no department, exams are not kept by department.',
  kinds: { replay: 'Replay', microcourse: 'Microcourse', session: 'Lesson', series: 'Series' },
  viewers: 'Viewers', sittings: 'Times watched', minutes: 'Minutes', completion: 'Completed', rating: 'Rating', comments: 'Comments', favourites: 'Kept', shares: 'Shared by', exam: 'Right answers', ratingOf: '{mean} ({n})', sharesOf: '{n} ({p}%)', examOf: '{p}% of {n}',
  what: 'What the measures mean',
  means: {
    viewers: 'Use of the resource: people who watched it in the period. In a lesson or series somebody counts once in each medium.', sittings: 'Views: how often a player played it.', minutes: 'Learning time: minutes with the page in front and the sound on.', completion: 'Viewers who covered 80% within the period ÷ viewers.', rating: 'Mean of one star to five given in the period, and how many gave them. A changed rating counts where it was changed; anonymous ones count once enough of them can show together.', comments: 'Ratings with words, without those that staff hides.', favourites: 'People who put it on their list in the period and keep it there.', shares: 'People who copied its link or gave it to another app, and that ÷ viewers (forward rate).', exam: 'Answers that were right in the lesson’s polls with a right answer. Microcourses and series have no exam of their own.',
  },
  notHere: 'A dash means: there is no such measure here. Homework and practice are not part of Lectern, so nothing is shown for them.',
  mostUsed: 'Most used', mostUsedLabel: 'Bars: viewers, kept and shared of the most used', stars: 'Stars', starsLabel: 'Bars: how often one star to five were given', starsAbout: 'Mean {mean}, ratings: {n}', noStars: 'Nobody rated anything in this period.', star: '{n} star | {n} stars', count: 'Ratings',
}

export const zh: typeof en = {
  title: '课程指标', about: '一段时间内，每个回放、微课、课程或系列的使用情况和学员评价。', back: '统计', by: '统计对象', bys: { medium: '回放与微课', session: '课程', series: '系列' }, category: '分类', allCategories: '所有分类', department: '部门', allDepartments: '所有部门', none: '这段时间没有数据', noneText: '这段时间里被观看、评分、收藏或分享的内容会出现在这里。', noneFiltered: '没有符合条件的内容。请换一个时间、分类或部门。', counting: '还有 {n} 场的答题正在统计', files: '表格', more: '显示更多', shown: '共 {of} 行，显示 {n} 行', deleted: '已删除', parts: '{n} 个内容', name: '标题', ofDepartment: '只看一个部门：仅统计本部门人员。匿名评分不属于任何部门，考试结果不按部门保存。',
  kinds: { replay: '回放', microcourse: '微课', session: '课程', series: '系列' },
  viewers: '观看人数', sittings: '观看次数', minutes: '学习分钟', completion: '完课率', rating: '评分', comments: '评论', favourites: '收藏', shares: '分享人数', exam: '答题正确率', ratingOf: '{mean} 分（{n} 人）', sharesOf: '{n} 人（{p}%）', examOf: '{n} 次中 {p}%',
  what: '指标说明',
  means: {
    viewers: '资源使用：这段时间里看过的人数。课程或系列中，同一个人在每个内容里各算一次。', sittings: '点击：播放器播放的次数。', minutes: '学习时长：页面在前台且有声音的分钟数。', completion: '这段时间内看到 80% 的人数 ÷ 观看人数。', rating: '这段时间给出的星级平均分和评分人数。修改过的评分算在修改的时间；匿名评分要等人数足够、可以一起显示时才计入。', comments: '带文字的评分，不含被隐藏的。', favourites: '这段时间加入收藏并仍保留的人数。', shares: '复制链接或转给其他应用的人数，以及它 ÷ 观看人数（转发率）。', exam: '课程中有正确答案的题目里答对的比例。微课和系列没有自己的考试。',
  },
  notHere: '短横线表示没有这项指标。作业和练习不属于本产品，因此不显示。',
  mostUsed: '使用最多', mostUsedLabel: '柱状图：使用最多的内容的观看人数、收藏和分享', stars: '星级分布', starsLabel: '柱状图：一星到五星各有多少人', starsAbout: '平均 {mean} 分，共 {n} 人', noStars: '这段时间没有人评分。', star: '{n} 星', count: '评分人数',
}

const refusedEn = { department_not_found: 'There is no such department any more. Choose another one.' }
const refusedZh: typeof refusedEn = { department_not_found: '这个部门已经不在了，请选择其他部门。' }

export type MeasuresWords = typeof en

i18n.global.mergeLocaleMessage('en', { measures: en, error: refusedEn })
i18n.global.mergeLocaleMessage('zh-CN', { measures: zh, error: refusedZh })
