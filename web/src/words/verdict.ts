/** Words of verdicts, in both languages. They come with the pages that show verdicts: a room's first load does without. */
import { i18n } from './index'

export const en = {
  title: 'Verdict', all: 'All verdicts', byLink: 'By the link “{name}”', present: 'Present', partly: 'Partly present', absent: 'Absent', excused: 'Excused', open: 'Not over yet', sure: '{p}% sure', sureHelp: 'How sure the verdict by the rule is, from all the evidence together.', byRule: 'By the rule: {verdict}', why: 'Why', countedNeeded: 'Counted / needed (min)', evidence: 'Evidence', details: 'Details of {name}', watchedLater: 'Missed, watched in the replay', excel: 'Export Excel',
  reason: {
    excused: 'Excused by whoever runs the lesson.', decided: 'Set by whoever runs the lesson.', lesson_open: 'The lesson is not over yet.', no_trace: 'No sign of taking part in this lesson.', time_enough: 'Counted: {minutes} min. Needed: {needed} of {of} min; up to {tolerance} min may be missing.', time_short: 'Counted: only {minutes} min. Needed: {needed} of {of} min; up to {tolerance} min may be missing.', away_counted: 'The page was hidden and silent for {minutes} min; this counts.', away_left_out: 'The page was hidden and silent for {minutes} min; this does not count.',
    replay_counted: 'Missed, but watched in the replay: {minutes} min. This counts.', replay_left_out: 'Missed, but watched in the replay: {minutes} min. This does not count here.', checkins_enough: 'Check-ins: {counted} of {rounds}. Needed: {needed}.', checkins_short: 'Check-ins: only {counted} of {rounds}. Needed: {needed}.', no_rounds: 'No check-in was held, so none is needed.', make_up_counted: 'Check-ins made up: {rounds}. This counts.', make_up_left_out: 'Check-ins made up: {rounds}. This does not count here.', answered: 'Polls answered: {answers} of {polls}.', spoke: 'Messages and questions: {words}. On stage: {stage_minutes} min.',
  },
  counts: { answers: 'Answers', messages: 'Messages', questions: 'Questions', hands: 'Hands raised', upvotes: 'Up-votes', reactions: 'Reactions', stage: 'On stage (min)', attentive: 'Attentive (min)', away: 'Away (min)', replay: 'Replay (min)' },
  rate: { signIn: 'Signed in', madeUp: ', and {n} made up', attended: 'Took part', completed: 'Completed', of: '{n} of {of}', noRound: 'no check-in was held', weak: 'Weak sign-in: {p}%', weakText: 'Below {p}%: ask why, change the form, try again.' },
  rule: {
    open: 'Rule', title: 'What counts as present', of: { session: 'set for this session', organisation: 'the organisation’s', installation: 'the default' }, summary: 'Rule ({of}): {p}% of the time; check-ins needed: {n}', percent: 'Share of the time (%)', planned: 'Planned length (min)', plannedHelp: 'The length that calendars show, too. Empty: as long as it was live. A lesson that ends early asks no more than it lasted.', tolerance: 'Minutes that may be missing', least: 'Minutes needed to be partly present', checkins: 'Check-ins needed', checkinsHelp: 'All of them, if there were fewer.', makeUp: 'Made-up check-ins count', replay: 'Missed time watched in the replay counts', away: 'Time with the page hidden and silent counts', standard: 'Also for all sessions without a rule of their own',
  },
  closed: 'This attendance is closed. To correct it, begin an amendment first: it becomes the next version.', toClosing: 'To the closed record',
  set: 'Correct or excuse', setTitle: 'Attendance of {name}', to: 'New verdict', change: 'Change', save: 'Save', byTheRule: 'As the rule says', reasonFor: 'Reason', reasonHelp: 'The learner can read it.', done: 'Saved', history: '{when}, {by}: {verdict}',
  objections: 'Objections waiting: {n}', objection: 'Objection', objectionState: { open: 'waiting for an answer', accepted: 'accepted', declined: 'declined', withdrawn: 'withdrawn' }, object: 'Something is wrong', objectLabel: 'What is wrong?', objectSend: 'Send objection', objectUntil: 'You can object until {when}.', objectSent: 'Sent. Whoever runs the lesson will answer here.', withdraw: 'Take it back', answer: 'Answer', accept: 'Accept', decline: 'Decline', answerText: 'Answer to the learner', onlyOpen: 'Only with open objections', nothing: 'Nobody matches.', notYours: 'You had no part in this session.', shown: '{n} of {of} people',
}

export type VerdictWords = typeof en

export const zh: VerdictWords = {
  title: '考勤结论', all: '全部结论', byLink: '经链接“{name}”', present: '出席', partly: '部分出席', absent: '缺席', excused: '请假', open: '尚未结束', sure: '可信度 {p}%', sureHelp: '综合全部依据，按规则得出的结论有多可靠。', byRule: '按规则：{verdict}', why: '依据', countedNeeded: '计入 / 需要（分钟）', evidence: '记录', details: '{name} 的详情', watchedLater: '缺席后已看回放', excel: '导出 Excel',
  reason: {
    excused: '课程负责人已准假。', decided: '由课程负责人认定。', lesson_open: '课程还没有结束。', no_trace: '没有任何参加本课的记录。', time_enough: '计入 {minutes} 分钟。共 {of} 分钟，需到课 {needed} 分钟，容许缺少 {tolerance} 分钟。', time_short: '只计入 {minutes} 分钟。共 {of} 分钟，需到课 {needed} 分钟，容许缺少 {tolerance} 分钟。', away_counted: '页面在后台且无声 {minutes} 分钟，仍计入。', away_left_out: '页面在后台且无声 {minutes} 分钟，不计入。',
    replay_counted: '缺席的部分已看回放 {minutes} 分钟，计入。', replay_left_out: '缺席的部分已看回放 {minutes} 分钟，本课不计入。', checkins_enough: '共签到 {rounds} 次，签了 {counted} 次，需 {needed} 次。', checkins_short: '共签到 {rounds} 次，只签了 {counted} 次，需 {needed} 次。', no_rounds: '本课没有签到，不作要求。', make_up_counted: '补签 {rounds} 次，计入。', make_up_left_out: '补签 {rounds} 次，本课不计入。', answered: '{polls} 道题中回答 {answers} 道。', spoke: '发言与提问 {words} 条，台上 {stage_minutes} 分钟。',
  },
  counts: { answers: '答题', messages: '发言', questions: '提问', hands: '举手', upvotes: '附议', reactions: '点赞等', stage: '台上（分钟）', attentive: '关注（分钟）', away: '离开（分钟）', replay: '回放（分钟）' },
  rate: { signIn: '签到', madeUp: '，另有补签 {n} 人', attended: '参训', completed: '完课', of: '{of} 人中 {n} 人', noRound: '本课没有签到', weak: '签到率偏低：{p}%', weakText: '低于 {p}%：请了解原因，调整形式后再试。' },
  rule: {
    open: '认定规则', title: '怎样算出席', of: { session: '本课单独设置', organisation: '组织默认', installation: '系统默认' }, summary: '认定规则（{of}）：到课 {p}% 的时间，签到 {n} 次', percent: '需到课时间比例（%）', planned: '计划时长（分钟）', plannedHelp: '与日历中的时长一致。留空则按实际直播时长。提前结束时不会要求更多。', tolerance: '容许缺少的分钟', least: '算部分出席的最少分钟', checkins: '需签到次数', checkinsHelp: '签到场次更少时，需全部签到。', makeUp: '补签计入', replay: '缺席后看回放计入', away: '页面在后台且无声的时间计入', standard: '同时用于所有未单独设置的课程',
  },
  closed: '考勤已办结。如需更正，请先开始更正，改动将形成下一版档案。', toClosing: '查看办结档案',
  set: '更正或准假', setTitle: '{name} 的考勤', to: '改为', change: '修改', save: '保存', byTheRule: '按规则', reasonFor: '理由', reasonHelp: '学员可以看到。', done: '已保存', history: '{when}，{by} 认定：{verdict}',
  objections: '{n} 个异议待处理', objection: '异议', objectionState: { open: '等待答复', accepted: '已采纳', declined: '未采纳', withdrawn: '已撤回' }, object: '有误？提出异议', objectLabel: '哪里不对？', objectSend: '提交异议', objectUntil: '{when} 前可以提出异议。', objectSent: '已提交，课程负责人会在这里答复。', withdraw: '撤回', answer: '答复', accept: '采纳', decline: '不采纳', answerText: '给学员的答复', onlyOpen: '只看待处理的异议', nothing: '没有符合条件的人。', notYours: '你没有参加这节课。', shown: '{n} / {of} 人',
}

i18n.global.mergeLocaleMessage('en', { verdict: en })
i18n.global.mergeLocaleMessage('zh-CN', { verdict: zh })
