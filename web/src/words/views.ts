/** Words of viewing and its statistics, in both languages. They come with their pages: a room's first load does without. */
import { i18n } from './index'

export const en = {
  views: {
    asTable: 'Show as a table', asChart: 'Show as a chart', noChart: 'The drawing could not be loaded. The table says the same.', live: 'Refreshes by itself', stale: 'Not up to date: trying again', minutes: 'Minutes watched', effectiveHelp: 'With the page in front and the sound on', completion: 'Completion rate', of: '{n} of {of}',
    curves: 'Second by second', curvesAbout: 'How many people watched each second, and how often it was played again. Click to see that moment in the player, or move the marker.', curvesLabel: 'Line of viewers per second; the most at once: {n}', watched: 'Watched it', again: 'Played again', still: 'Got at least this far', atMark: 'At {time}: {heat} watched it, played again {rewatch}×, {staying} got at least this far.', mark: 'Moment', moment: 'At {time}', momentAbout: 'Looking here is not counted as watching.', momentGo: 'Show {time} in the player', momentSee: 'See this moment', momentNone: 'It cannot be played in this browser.',
    staying: 'Where people stop', stayingAbout: 'How many people got at least this far.', stayingLabel: 'Falling line from {first} people at the beginning to {last} at the end', loses: 'Most people stop before {time}: {n}.',
    spread: 'How much people covered', spreadLabel: 'Bars: people by tenths of the length that they covered', share: 'Covered', people: 'People',
    week: 'When people watch', weekAbout: 'Minutes by weekday and hour, where your organisation is.', weekBest: 'Busiest: {day}, {from}:00 to {to}:00.', weekLabel: 'Grid of weekdays and hours', weekday: 'Day', hour: 'Hour',
    devices: 'On what people watch', devicesLabel: 'Bars of minutes by device', deviceName: 'Device', device: { pc: 'PC', phone: 'Phone', in_app: 'In an app', tv: 'TV' },
    departments: 'By department', departmentsLabel: 'Bars of viewers by department, and how many of them completed it', department: 'Department', none: 'Without a department', notComplete: 'Not completed', completed: 'Completed',
    stillToWatch: 'Still to watch', stillAbout: 'Everybody on the lesson’s roster. Done is who covered enough of it, in any version.', stillAboutReplay: 'Everybody on the lesson’s roster. Done is who saw enough of it, live and in the replay together.', stillAboutUnited: 'Everybody on the lesson’s roster. Done is who covered enough of it, or saw enough of it in the lesson.', stillUnited: 'Count what people saw in the lesson', stillSum: '{done} of {n} are done', stillExpected: 'Expected', stillDone: 'Done', stillBegun: 'Begun', stillOpen: 'Still to watch', stillAll: 'All departments', number: 'Number', askAgain: 'Look again', stillAboutSeries: 'Everybody whom this series is for. Done is who covered enough of each part.',
    lesson: 'Live and replay together', lessonAbout: 'What somebody saw live, and what they watched of the replay, count once: both lie on the same clock.', live_only: 'Live only', replay_only: 'Replay only', both: 'Both', clipLesson: 'Seen live, and in the microcourse', clipLessonAbout: 'Whoever sat in the lesson has seen the part that this microcourse shows ({length}, without its cards). What was seen both times counts once. As watched, above, counts only what was played here.', clip_only: 'Microcourse only', byClip: 'Of these, thanks to the microcourse', clipShare: 'Microcourse', lessonCompleted: 'Covered 80% in all', byReplay: 'Of these, thanks to the replay', liveShare: 'Live', replayShare: 'Replay', together: 'Together', minutesShort: '{n} min', more: 'Show all {n}',
  },
  statistics: {
    title: 'Statistics', about: 'Lessons that are over, and what was watched of replays and microcourses.', kind: 'Period', kinds: { month: 'Month', quarter: 'Quarter', year: 'Year' }, earlier: 'Earlier', later: 'Later', quarter: 'Quarter {n}, {year}', counting: 'Lessons still being counted: {n}', none: 'Nothing in this period', nonePlain: 'Lessons that ended and replays that were watched in it appear here.', against: '{change} against {period}', asBefore: 'As in {period}', lessonsFiles: 'Figures', rankingFiles: 'Rankings',
    lessons: 'Lessons', people: 'People live', liveMinutes: 'Minutes present live', attendance: 'Took part, of those expected', lessonCompletion: 'Completed, of those who came', viewers: 'Viewers of recordings', sittings: 'Times watched', viewMinutes: 'Minutes watched', viewCompletion: 'Completed, of those who watched',
    byDepartment: 'By department', byDepartmentLabel: 'Bars of people live and viewers by department', heads: 'Live, per lesson', minutes: 'Minutes present', completed: 'Completed live', viewersOf: 'Viewers',
    learned: 'Minutes learned', learnedAbout: 'Time in lessons, and time spent watching recordings with the page in front and the sound on. It stays with the department that people were in.', learnedLabel: 'Bars of minutes in lessons and recordings by department; all together: {n}', learnedLive: 'In lessons', learnedWatched: 'In recordings', learnedWhole: 'Together', learnedAll: 'All departments',
    turnout: 'When people come', turnoutAbout: 'Of those expected, who took part, by the hour in which lessons began, where your organisation is.', turnoutLabel: 'Grid of weekdays and hours with the share of those expected who took part', turnoutRate: 'Took part', turnoutBest: 'Best turnout so far: {day}, {from}:00 to {to}:00 ({n} of {of}). Hours with few people count less: chance explains more of them.', turnoutNone: 'Nothing to compare yet: nobody who was expected took part in a lesson.',
    top: 'Top {n} of the period', topAbout: 'Place by the mean of three percentiles: opened by how many of those who watched anything, completed by how many of them, feedback handed in by how many of the lesson’s learners. At least {n} viewers.', topNone: 'Nothing had at least {n} viewers.', place: 'Place', name: 'Title', click: 'Opened', completion: 'Completed', feedback: 'Feedback', positive: 'Grades 4–5', score: 'Score', between: '{rate} ({low}–{high})',
    weak: 'Few complete it', weakAbout: 'Completed by fewer than {p}%. “Retire or rework” only where chance cannot explain it (95% interval in brackets).', weakNone: 'Nothing is weak.', strong: 'Much liked', strongAbout: 'Grades 4 and 5 by more than {p}%. “Make more of it” only where chance cannot explain it.', strongNone: 'Nothing stands out yet.', advice: 'Advice', deleted: 'Deleted',
    advices: { too_few: 'Too few viewers', retire: 'Retire or rework', watch: 'Keep an eye on it', keep: 'Keep', promising: 'Promising', promote: 'Make more of it' },
  },
  signals: {
    title: 'What to do', nothing: 'No figure is below its limit.', means: 'This may mean:', do: 'What to do:', all: 'All {n} signals', signal: 'Signal', stands: 'How it stands', value: 'Figure', bound: 'Limit', figure: '{p}% ({n} of {of})', against: '{first} {low}, {second} {high}', limit: 'limit {p}%, as companies use it', limitOwn: 'limit {p}%, our own default', compared: 'departments compared; only what chance cannot explain',
    overAbout: 'From {n} finished lesson. | From {n} finished lessons. Whoever was in several counts in each.', below: 'Lessons below', pulling: 'Pulled down by, not by chance:', noneAlone: 'No lesson stands out: it is a little of all of them.', more: 'and {n} more', moreInFile: 'and {n} more, in the Excel file', pulled: 'Lessons that pull a signal down, the worst first', lesson: 'Lesson',
    level: { low: 'Low', perhaps: 'Low, perhaps by chance', fine: 'As it should be', unknown: 'Nothing to judge by' },
    name: { activation: 'Came at all, of those expected', learning_time: 'Stayed long enough, of those who came', target: 'Completed it, of those who started', activity: 'Did anything in the class, of those who came', preferences: 'Completed it, department against department', passed: 'Right answers', absence: 'Took part, of those expected' },
    meaning: { activation: 'The start failed.', learning_time: 'The target is too high, or drive is missing.', target: 'The target is too high, or drive is missing.', activity: 'After the first enthusiasm comes a tired phase.', preferences: 'Departments prefer different things.', passed: 'The test does not fit the content.', absence: 'Why people stayed away is not known.' },
    action: { activation: 'Hold a briefing, set a deadline, and remind those who have not started.', learning_time: 'Ask for less, and have senior managers take part.', target: 'Ask for less, and have senior managers take part.', activity: 'Give an incentive, and remind people to come back.', preferences: 'Arrange the parts anew for those who complete less.', passed: 'Change the test.', absence: 'Ask those who were absent: a questionnaire “Why not?”.' },
  },
  lessonReport: {
    title: 'Lesson report', open: 'Report', back: 'Back to the session', print: 'Print', pdf: 'Signed PDF', making: 'The PDF is being made…', of: '{n} of {of}', came: 'Who came', said: '1. What they say of it', saidAbout: 'From the feedback after the lesson; hidden where too few answered to stay anonymous.', served: '2. Did it serve its purpose and its learners?', servedAbout: 'As far as data can say: whether those it was meant for came, saw it, and answered right.', volume: 'How they took part', replay: 'Afterwards', noReplay: 'There is no replay to be watched.',
    expected: 'Expected', sign_in: 'Signed in', noRound: 'No check-in was held', took_part: 'Took part long enough', learners: 'Learners there', lesson_minutes: 'Minutes live', minutes_each: 'Minutes present, each',
    feedback: 'Feedback handed in', teacher: 'Teacher', course: 'Course', organisation: 'Organisation', positive: 'Grades 4 and 5', recommendation: 'Net promoter score', ofFive: '{n} of 5', hidden: 'Too few to show',
    completion: 'Completed, live or later', answers_right: 'Right answers', activity: 'Did anything in the class', messages: 'Chat messages', questions: 'Questions', answered: 'Questions answered', upvotes: 'Votes for questions', reactions: 'Reactions', polls: 'Polls', answers: 'Answers to polls', hands: 'Hands raised', whole: 'Interactions in all', per_learner: 'Interactions per learner', viewers: 'Viewers of the replay', watched: 'Minutes watched', together: 'Covered 80%, live and replay together',
  },
}

export type ViewsWords = typeof en

export const zh: ViewsWords = {
  views: {
    asTable: '看表格', asChart: '看图表', noChart: '图表没能载入，表格里是同样的内容。', live: '自动刷新', stale: '暂时没有更新，正在重试', minutes: '观看分钟', effectiveHelp: '页面在前台且有声音的时间', completion: '完课率', of: '{of} 中 {n}',
    curves: '逐秒热度', curvesAbout: '每一秒有多少人看过，又被重看了多少次。点击图表可在播放器中查看那一刻，也可以拖动滑块。', curvesLabel: '每秒观看人数曲线，最多时 {n} 人', watched: '看过的人', again: '重看次数', still: '至少看到这里', atMark: '{time}：{heat} 人看过，重看 {rewatch} 次，{staying} 人至少看到这里。', mark: '时刻', moment: '{time} 的画面', momentAbout: '在这里查看不计入观看数据。', momentGo: '在播放器中查看 {time}', momentSee: '查看这一刻', momentNone: '此浏览器无法播放。',
    staying: '看到哪里离开', stayingAbout: '至少看到这一刻的人数。', stayingLabel: '下降曲线：开头 {first} 人，结尾 {last} 人', loses: '在 {time} 之前离开的人最多：{n} 人。',
    spread: '看了多少', spreadLabel: '柱状图：按看过的比例每十分之一统计人数', share: '看过的比例', people: '人数',
    week: '什么时候看', weekAbout: '按星期和小时统计的分钟数，以贵单位所在时区为准。', weekBest: '最集中：{day} {from}:00–{to}:00。', weekLabel: '星期与小时的方格图', weekday: '星期', hour: '小时',
    devices: '用什么看', devicesLabel: '柱状图：各终端的观看分钟', deviceName: '终端', device: { pc: '电脑', phone: '手机', in_app: '应用内', tv: '电视' },
    departments: '按部门', departmentsLabel: '柱状图：各部门观看人数与完成人数', department: '部门', none: '无部门', notComplete: '未完成', completed: '已完成',
    stillToWatch: '还没看完的人', stillAbout: '课程名单上的所有人。任一版本看够比例即为看完。', stillAboutReplay: '课程名单上的所有人。直播与回放合计看够比例即为看完。', stillAboutUnited: '课程名单上的所有人。看够微课，或在直播课上看够同一内容，即为看完。', stillUnited: '计入在直播课上看到的部分', stillSum: '{n} 人中已有 {done} 人看完', stillExpected: '应看', stillDone: '已看完', stillBegun: '看了一部分', stillOpen: '未看完', stillAll: '所有部门', number: '工号', askAgain: '刷新', stillAboutSeries: '系列范围内的所有人。每一节都看够比例即为看完。',
    lesson: '直播与回放合计', lessonAbout: '直播时在场看到的与回放里看过的，同一段只算一次：两者在同一条时间轴上。', live_only: '只看直播', replay_only: '只看回放', both: '两者都看', clipLesson: '直播与微课', clipLessonAbout: '在直播课上的人已经看过这段微课的内容（{length}，不含片头片尾）。两处都看过的只算一次。上面的观看数据只计微课本身。', clip_only: '只看微课', byClip: '其中靠微课补上', clipShare: '微课', lessonCompleted: '合计看到 80%', byReplay: '其中靠回放补上', liveShare: '直播', replayShare: '回放', together: '合计', minutesShort: '{n} 分钟', more: '显示全部 {n} 人',
  },
  statistics: {
    title: '统计', about: '已结束的课程，以及回放和微课的观看情况。', kind: '周期', kinds: { month: '月', quarter: '季度', year: '年' }, earlier: '上一期', later: '下一期', quarter: '{year} 年第 {n} 季度', counting: '还有 {n} 场正在统计', none: '这段时间没有数据', nonePlain: '这段时间里结束的课程和被观看的回放会出现在这里。', against: '与{period}相比 {change}', asBefore: '与{period}持平', lessonsFiles: '数据', rankingFiles: '榜单',
    lessons: '课程场次', people: '直播参与人数', liveMinutes: '直播在线分钟', attendance: '参训率（应到）', lessonCompletion: '完课率（到课）', viewers: '回看人数', sittings: '观看次数', viewMinutes: '观看分钟', viewCompletion: '完课率（观看者）',
    byDepartment: '按部门', byDepartmentLabel: '柱状图：各部门直播人次与观看人数', heads: '直播人次', minutes: '在线分钟', completed: '直播完课人次', viewersOf: '观看人数',
    learned: '学习分钟', learnedAbout: '直播在线时间，加上页面在前台且有声音时的回看时间。计入当时所在部门。', learnedLabel: '柱状图：各部门直播与回看分钟，合计 {n}', learnedLive: '直播', learnedWatched: '回看', learnedWhole: '合计', learnedAll: '所有部门',
    turnout: '什么时候来得多', turnoutAbout: '按课程开始的星期和小时统计应到人员的参训率，以贵单位所在时区为准。', turnoutLabel: '星期与小时的方格图：参训率', turnoutRate: '参训率', turnoutBest: '目前到课最好：{day} {from}:00–{to}:00（{of} 人中 {n} 人）。人数少的时段偶然性大，排名靠后。', turnoutNone: '还无法比较：没有应到人员参训的课程。',
    top: '本期前 {n} 名', topAbout: '按三个百分位的平均排名：在当期观看者中有多少人打开，其中多少人看完，课程学员中多少人交了反馈。至少 {n} 人观看才参与排名。', topNone: '没有达到 {n} 人观看的内容。', place: '名次', name: '标题', click: '打开', completion: '看完', feedback: '反馈', positive: '4–5 分', score: '综合分', between: '{rate}（在 {low}–{high} 之间）',
    weak: '完课偏低', weakAbout: '完课率低于 {p}%。只有不能用偶然解释时才建议“下架或重做”（括号内为 95% 区间）。', weakNone: '没有完课偏低的内容。', strong: '好评内容', strongAbout: '4、5 分占比高于 {p}%。只有不能用偶然解释时才建议“推广并多做”。', strongNone: '暂时没有特别突出的内容。', advice: '建议', deleted: '已删除',
    advices: { too_few: '观看人数太少', retire: '下架或重做', watch: '继续观察', keep: '保留', promising: '值得期待', promote: '推广并多做' },
  },
  signals: {
    title: '建议', nothing: '没有低于界限的指标。', means: '可能的含义：', do: '建议做法：', all: '全部 {n} 项信号', signal: '信号', stands: '状态', value: '数值', bound: '界限', figure: '{p}%（{of} 中 {n}）', against: '{first}为 {low}，{second}为 {high}', limit: '界限 {p}%，业界常用值', limitOwn: '界限 {p}%，产品自定默认值', compared: '部门之间对比，只看偶然无法解释的差异',
    overAbout: '来自 {n} 场已结束的课程；参加多场的人每场各计一次。', below: '偏低课程', pulling: '主要由这些课程拉低（非偶然）：', noneAlone: '没有特别突出的课程，各场都略低一些。', more: '还有 {n} 场', moreInFile: '还有 {n} 场，见 Excel 文件', pulled: '拉低指标的课程，最低的在前', lesson: '课程',
    level: { low: '偏低', perhaps: '偏低，可能是偶然', fine: '正常', unknown: '无数据' },
    name: { activation: '启动学习（应到人员）', learning_time: '学习时长达标（到课人员）', target: '学习达标率（已开始的人）', activity: '参与互动（到课人员）', preferences: '学习达标率（部门对比）', passed: '答题正确率', absence: '参训率（应到人员）' },
    meaning: { activation: '启动不成功。', learning_time: '目标过高，或缺乏动力。', target: '目标过高，或缺乏动力。', activity: '新鲜感过后的疲劳期。', preferences: '各部门的偏好不同。', passed: '测验与内容不匹配。', absence: '缺席的原因还不清楚。' },
    action: { activation: '开一次说明会，定下期限，并提醒还没开始的人。', learning_time: '降低要求，并请高层管理者参与。', target: '降低要求，并请高层管理者参与。', activity: '给予激励，并提醒大家回来学习。', preferences: '为达标率低的部门重新安排内容模块。', passed: '修改测验。', absence: '向缺席的人发一份“为什么没来”问卷。' },
  },
  lessonReport: {
    title: '课程报告', open: '课程报告', back: '返回场次', print: '打印', pdf: '签名 PDF', making: '正在生成 PDF…', of: '{of} 中 {n}', came: '到课情况', said: '一、学员评价', saidAbout: '来自课后反馈；人数太少、无法保持匿名时不显示。', served: '二、是否达到目的、满足学员需要', servedAbout: '以数据能说明的为限：该来的人来了没有，看了多少，答对了没有。', volume: '互动情况', replay: '课后', noReplay: '没有可观看的回放。',
    expected: '应到', sign_in: '签到率', noRound: '没有进行签到', took_part: '参训率', learners: '到课人数', lesson_minutes: '直播分钟', minutes_each: '人均在线分钟',
    feedback: '反馈率', teacher: '讲师', course: '课程', organisation: '组织', positive: '好评率（4–5 分）', recommendation: '净推荐值', ofFive: '{n} 分（满分 5 分）', hidden: '人数太少，不显示',
    completion: '完课率（直播或回放）', answers_right: '正确率', activity: '参与互动的学员', messages: '发言', questions: '提问', answered: '已答提问', upvotes: '附议', reactions: '点赞等表态', polls: '题目', answers: '答题', hands: '举手', whole: '互动参与量', per_learner: '人均互动', viewers: '回看人数', watched: '回看分钟', together: '直播与回放合计看到 80%',
  },
}

i18n.global.mergeLocaleMessage('en', en)
i18n.global.mergeLocaleMessage('zh-CN', zh)
