/** Words of stars, comments, keeping and sharing, in both languages. They come with the pages that play: a room's first load does without. */
import { i18n } from './index'

export const en = {
  bar: 'What viewers think', mean: '{mean} of 5', ratings: '{n} rating | {n} ratings', none: 'Not rated yet', rate: 'Rate', yours: 'Your rating: {n} of 5', waiting: 'Your anonymous rating shows once at least {n} people have rated anonymously.',
  keep: 'Keep for later', kept: 'Kept for later', share: 'Share', copied: 'Link copied', shareNote: 'The link opens for whoever may watch it.', shareText: 'Copy this link:',
  title: 'Rate “{title}”', change: 'Change your rating', watchFirst: 'Watch a little of it first: half a minute, or a tenth of something short. Then you can rate it.', stars: 'Stars', star: '{n} star | {n} stars', grades: { 1: 'Poor', 2: 'Fair', 3: 'Good', 4: 'Very good', 5: 'Excellent' },
  comment: 'Comment (optional)', commentHelp: 'Others who may watch it can read it.', anonymous: 'Without my name', anonymousHelp: 'Kept without your name and without a time. It shows together with others, once at least {n} people have rated anonymously.', save: 'Save', saved: 'Thank you. Your rating is saved.', chooseStars: 'Choose how many stars first.', hiddenOwn: 'Your comment is hidden. Reason: {reason}',
  commentsCount: '{n} comment | {n} comments', more: 'Show more comments', nobody: 'Anonymous', given: '{n} of 5 stars',
  hide: 'Hide', hideTitle: 'Hide this comment?', hideText: 'Learners do not see it any more; its author reads your reason. The stars count on. It can be shown again.', reason: 'Reason', show: 'Show again', hidden: 'Hidden: {reason}', list: 'Kept for later', listEmpty: 'Nothing kept yet', listEmptyText: 'Where you watch something, choose “Keep for later”: it then waits for you here.',
}

export const zh: typeof en = {
  bar: '大家的评价', mean: '{mean} 分（满分 5 分）', ratings: '{n} 人评分', none: '还没有评分', rate: '评分', yours: '你的评分：{n} 分', waiting: '你的匿名评分会在至少 {n} 人匿名评分后一起显示。',
  keep: '收藏', kept: '已收藏', share: '分享', copied: '链接已复制', shareNote: '有观看权限的人才能打开这个链接。', shareText: '请复制这个链接：',
  title: '给“{title}”评分', change: '修改评分', watchFirst: '请先看一会儿：半分钟，或短片的十分之一。之后就可以评分。', stars: '星级', star: '{n} 星', grades: { 1: '很差', 2: '一般', 3: '不错', 4: '很好', 5: '非常好' },
  comment: '评论（选填）', commentHelp: '其他有观看权限的人可以看到。', anonymous: '不显示我的名字', anonymousHelp: '不保存你的名字和时间。至少 {n} 人匿名评分后，才会一起显示。', save: '保存', saved: '谢谢，评分已保存。', chooseStars: '请先选择几颗星。', hiddenOwn: '你的评论已被隐藏。原因：{reason}',
  commentsCount: '{n} 条评论', more: '显示更多评论', nobody: '匿名', given: '{n} 星（满分 5 星）',
  hide: '隐藏', hideTitle: '隐藏这条评论？', hideText: '学员将看不到这条评论，作者会看到你写的原因。星级仍然计入，之后可以恢复显示。', reason: '原因', show: '恢复显示', hidden: '已隐藏：{reason}', list: '我的收藏', listEmpty: '还没有收藏', listEmptyText: '观看时点“收藏”，内容就会出现在这里。',
}

const refusedEn = {
  watch_first: 'Watch a little of it first, then rate it.', comment_too_long: 'This comment is too long: at most 1,000 characters.', reason_needed: 'Say in a sentence why the comment is hidden.', comment_not_found: 'There is no such comment any more. Look again.', no_person: 'Sign in to do this: your link only opens the lesson.',
}
const refusedZh: typeof refusedEn = {
  watch_first: '请先看一会儿，再来评分。', comment_too_long: '评论太长，最多 1000 个字。', reason_needed: '请用一句话写明隐藏原因。', comment_not_found: '这条评论已经不在了，请刷新查看。', no_person: '请登录后再操作：你的链接只能打开这场课程。',
}

export type AnswersWords = typeof en

i18n.global.mergeLocaleMessage('en', { answers: en, error: refusedEn })
i18n.global.mergeLocaleMessage('zh-CN', { answers: zh, error: refusedZh })
