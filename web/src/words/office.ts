/** Words of the administration, results and records, in both languages. They come with their pages: a room's first load does without. */
import { i18n } from './index'

export const en = {
  scope: { sessions_read: 'See sessions', sessions_write: 'Plan sessions', people_read: 'See people', people_write: 'Change people', attendance_read: 'See attendance', replays_read: 'See replays', replays_write: 'Change replays', views_read: 'See who watched', timeline_read: 'Read timelines' },
  office: { noSessions: 'Plan one with “New session” on your start page; it appears here at once.', noReplays: 'The replay of a lesson appears here a moment after its end.', noSets: 'Write or paste the first questions with “New set”.' },
  results: {
    title: 'Polls and quizzes', open: 'Poll results', none: 'No polls in this session', nonePlain: 'Questions that are asked in the lesson appear here with all answers.', csv: 'Download CSV', xlsx: 'Download Excel', questions: 'Questions', asked: 'Questions asked', answered: 'Answers', attempts: 'attempts', correctRate: 'Correct', firstRate: 'Correct at first', speed: 'Median time', correction: 'Corrected', growth: 'Growth', seconds: '{n} s', of: '{n} of {of}',
    whollyRight: 'Wholly right', worst: 'Most often wrong', worstHint: 'For the next lesson: where most people were wrong.', byPoint: 'By knowledge point', byDepartment: 'By department', byPerson: 'By person', point: 'Knowledge point', department: 'Department', noDepartment: 'No department', person: 'Name', guest: 'Guest', score: 'Score', wrongAnswers: 'Wrong answers', anonymous: 'Anonymous: only the sum is known', anonymousTexts: 'Anonymous: in alphabetical order, nobody can tell who wrote what', answeredOf: '{n} of {of}', hidden: 'Fewer than {n} ballots: not shown', rerun: 'Asked again', points: 'percentage points', chart: 'Share of right answers', wrongRate: 'Wrong', noScored: 'Without right answers there is nothing to grade.',
  },
  items: {
    title: 'Feedback to act on', all: 'All', mine: 'Mine', kind: { none: 'Not sorted', short_term: 'Short-term', long_term: 'Long-term', call_back: 'Call back' }, state: { new: 'New', in_progress: 'In progress', done: 'Done', dropped: 'Not taken up' }, step: { start: 'Start work', finish: 'Mark as done', drop: 'Not taken up', reopen: 'Take up again' },
    kindLabel: 'Kind', stateLabel: 'State', owner: 'Owner', nobody: 'No owner yet', me: 'I take it', due: 'Due', dueOn: 'Due {day}', note: 'Note', edit: 'Edit', save: 'Save', reach: 'Reach them: {contact}', forgets: '“Mark as done” and “Not taken up” delete how to reach them.', noText: 'No text, only the wish to be called.', none: 'Nothing to do here', nonePlain: 'What learners write in their feedback appears here.',
  },
  growth: {
    title: 'Growth over sessions', about: 'How answering develops from day to day, over all sessions of a course.', from: 'From', to: 'To', course: 'Sessions called', show: 'Show', sessions: '{n} session | {n} sessions', none: 'No answers in this time', nonePlain: 'Quiz questions that are answered in these sessions appear here.', perDay: 'Right answers of all, by day', day: 'Day', answers: 'Answers', right: 'Right', rate: 'Correct', slope: 'Growth a day', lastDay: 'Right on the last day', corrected: 'Corrected', whole: 'All together', by: 'By', people: 'Person', departments: 'Department', points: 'Knowledge point',
  },
  activity: {
    title: 'Group activity', points: '{n} point, place {place} | {n} points, place {place}', open: 'Groups', none: 'There were no groups', nonePlain: 'What groups did stands here once the class was in groups.', refresh: 'Refresh', working: 'at work', time: '{from} to {to}', calls: 'asked for help {n}×', visits: 'visited {n}×',
    name: 'Name', minutes: 'Minutes in the group', mic: 'Microphone on', messages: 'Messages', answers: 'Polls answered', chars: 'Characters in notes', nobody: 'Nobody was in this group.', result: 'Result', part: 'Took part', share: 'Who took part how much: messages, answers and notes',
  },
  closing: {
    title: 'Closing the attendance', text: 'Closing freezes the table above, with its rule and evidence, into a signed record. Its fingerprint (the head) is sent to presenter, host and administrators, so that nobody can change it unseen.',
    stillOpen: 'Still open: tick what you accept', open: { not_over: 'The lesson is not over', objections_open: 'Unanswered objections: {n}', make_ups_waiting: 'Undecided make-up requests: {n}', make_ups_possible: 'People may ask for a make-up until {when}' },
    close: 'Close attendance', closeAgain: 'Close version {n}', busy: 'Closing…', version: 'Version {n}', done: 'Closed {when} by {name}. People in it: {n}', because: 'Why it was amended: {reason}',
    file: { pdf: 'Signed PDF', xlsx: 'Excel', csv: 'CSV', jsonl: 'Record' }, head: 'Head', certificate: 'Certificate', copyHead: 'Copy the head', copyCertificate: 'Copy the certificate’s fingerprint', copied: 'Copied',
    check: 'Anybody can check these files without this server, and compare head and certificate with the mail that was sent:', broken: 'The stored record is not what was once closed here. Compare a file from then with the head that was sent by mail.',
    making: 'The file is being made…', makingRows: 'The file is being made: {n} of {of} people', why: 'Why does it have to change? (stands in the record)', earlier: 'Earlier versions: {n}', earlierFile: 'Version {n} as a signed PDF',
  },
  amend: {
    open: 'Correct something', text: 'This attendance is closed: nothing in it can be corrected silently. A correction becomes the next version, which names what was changed, by whom and why.', why: 'Why does it have to change? (stands in the record)', begin: 'Begin the amendment', drop: 'Give the amendment up',
    now: 'Version {n} is being amended. It holds until version {next} is closed.', begun: 'Begun {when} by {name}.', because: 'Reason: {reason}', how: 'Correct people in the table and check-ins above; what is different is listed here. Then close the new version.', none: 'Nothing is different from the closed version yet.',
    changes: 'People with something different from version {edition}: {n}', becomes: 'becomes', nobody: 'nobody’s decision', more: 'and {n} more',
    what: { verdict: 'verdict', decision: 'decision', objection: 'objection', checkin: 'check-in', roster: 'roster', presence: 'presence', activity: 'activity', words: 'name or text', added: 'new in the list', removed: 'gone from the list' },
  },
  viewing: { title: 'Viewing', viewers: 'Viewers', bounce: 'Left within 10 seconds', reached80: 'Reached 80%', full: 'Watched everything', coverage: 'Coverage', completed: 'Completed', notCompleted: 'Not yet', minutes: 'Minutes', last: 'Last watched', from: 'From', nobody: 'Nobody has watched yet' },
  roster: {
    title: 'Who should come ({n})', add: 'Add somebody', whom: 'Person', save: 'Add to the list', takeOff: 'Take off', takeOffWho: 'Take {name} off the list', takenOff: '{name} is no longer on the list.', added: '{name} is on the list.', nobody: 'Nobody is on the list yet. Without one, everybody who comes is counted.', noMatch: 'Nobody on the list matches.', all: 'Show all {n}',
    fewer: 'The list has {after} instead of {before} people; every rate of this lesson is counted with that.', stays: 'What this person did in the lesson stays, counted as somebody who was not on the list.', asked: 'They get no more invitations and reminders about this lesson, and the recording is no longer required of them because of it.', shut: 'They can no longer enter the lesson: it is for people on the list.', why: 'Reason (written to the audit log)', afterwards: 'The lesson is over: whoever is added now counts as expected, and as absent unless they were there.',
  },
  hosting: {
    host: 'Host:', nobody: 'nobody', name: 'Name a host', change: 'Change the host', whom: 'New host', hint: 'People with the role of host, presenter or administrator.', former: '{name} is host no longer as soon as you save, also in a running lesson, and is told so. Links for learners stay good and pass to the new host; links for staff end.', save: 'Save and tell them', remove: 'No host', named: '{name} hosts this session now, and is being told.', gone: 'This session has no host now.',
  },
  mail: {
    title: 'Mail', notSetUp: 'No mail server is set up: people are told in the app alone. Set LECTERN_SMTP_HOST and LECTERN_MAIL_FROM, and restart.', through: 'Through {host}, from {sender}, at most {n} a minute', fine: 'No trouble known', since: 'Since {when}.', said: 'The mail server said: {text}',
    test: 'Send a test mail', testing: 'Sending…', testTo: 'Test mail to', testTaken: 'The mail server took the test mail. See whether it arrives at {address}.',
    times: 'Reminders', before: 'Minutes before the start', after: 'Minutes after the end', timesHelp: 'Whole minutes, separated by commas: 1440 is a day. The reminder nearest to the start asks people to check in; those after the end go only to people with something left to do.', invite: 'Invite people when they are put on the roster', save: 'Save', minutesWrong: 'Write at most six whole numbers, separated by commas.',
    when: 'When', what: 'What', to: 'To', way: 'Way', secret: 'whoever asked (not shown)', oneSession: 'One session', kindOf: 'Kind', anyKind: 'Every kind', anyState: 'Every status', retry: 'Send again', retryFor: 'Send again: {subject}, {name}', retryFailed: 'Send all failed again', retried: '{n} message will be sent again | {n} messages will be sent again',
    triedTimes: 'Tried {n} time | Tried {n} times', nextTry: 'Next try {when}',
    state: { waiting: 'Waiting', sending: 'Being sent', sent: 'Sent', failed: 'Failed', dropped: 'Not sent' }, channel: { app: 'App', mail: 'Mail' },
    kind: { invited: 'Invitation', hosting: 'Named host', relieved: 'No longer host', moved: 'Change', cancelled: 'Cancellation', coming: 'Reminder before', starting: 'Reminder to check in', missed: 'Left to do', question_answered: 'Question answered', attendance_closed: 'Attendance closed', objected: 'Objection to answer', work_item: 'Feedback assigned', review_asked: 'Review asked for', reviewed: 'Reviewed', watch_due: 'Still to watch', replay_shown: 'Replay published' },
    problem: {
      mail_not_set_up: 'No mail server was set up.', mail_server_away: 'The mail server cannot be reached. All mail waits and is sent as soon as it is back.', mail_tls_failed: 'No encrypted connection to the mail server: check LECTERN_SMTP_SECURITY and its certificate.', mail_sign_in_refused: 'The mail server refuses our name or password: check LECTERN_SMTP_USER and the password.',
      mail_sender_refused: 'The mail server does not let us send from LECTERN_MAIL_FROM.', mail_recipient_refused: 'The mail server does not know this recipient. Correct the address in the staff list, then send again.', mail_content_refused: 'The mail server refused the mail.', mail_deferred: 'The mail server asked us to try later.',
      address_missing: 'No mail address is known. Add it to the staff list.', address_broken: 'The mail address is not valid. Correct it in the staff list.', recipient_gone: 'This person has left.', muted: 'This person turned such mail off.', too_late: 'It could not be sent in time.', overtaken: 'Something newer was said instead.', done_already: 'Nothing was left to do any more.', deleted: 'What it is about was deleted.',
    },
    remind: 'Remind those missing', reminded: '{n} person was reminded. | {n} people were reminded.', nobodyMissing: 'Nobody is missing.', cancel: 'Cancel the session', cancelAsk: 'Cancel this session?', cancelText: 'Everybody who was told of “{title}” gets a cancellation, and it leaves their calendars. This cannot be undone.', keep: 'Keep it', cancelled: 'Cancelled. People are being told.', move: 'Change the plan', moveText: 'Whoever was told of this session is told of the change; it moves in their calendars.', moved: 'Changed. People are being told.',
  },
  importLine: { cell_empty: 'The staff number or the name is missing.', cell_too_long: 'The staff number, the name or the department is too long.', role_unknown: 'There is no such role.', address_invalid: 'This is not one plain mail address.', duplicate_person: 'This staff number is in the file twice.', person_unknown: 'Nobody has this staff number. Import the person first.', not_allowed: 'Only an administrator may make administrators.' },
  audit: {
    title: 'Audit', when: 'When', who: 'Who', what: 'What', object: 'Object', system: 'System', session: 'Open the session', detailOf: '{name}: {value}',
    act: {
      people_imported: 'Imported people', api_key_created: 'Made an API key', api_key_revoked: 'Revoked an API key', worker_token_created: 'Made a token for a media worker', worker_token_revoked: 'Took a media worker’s token back', media_job_resumed: 'Had a media job done again', media_job_held: 'Put a media job on hold', media_job_cancelled: 'Cancelled a media job', branding_changed: 'Changed the branding', look_created: 'Made a look', look_renamed: 'Renamed a look', look_retired: 'Retired a look', look_used_again: 'Took a look into use again', look_deleted: 'Deleted a look', look_made_default: 'Made a look the default', look_given: 'Said whose look it is', brand_clip_added: 'Added a clip for branding', join_token_created: 'Made a personal link', join_token_ended: 'Took a personal link back', join_token_shown: 'Copied a personal link', join_tokens_passed_on: 'Passed links on to the new host', host_named: 'Named a host', attendance_amendment_begun: 'Began to amend closed attendance', attendance_amendment_dropped: 'Gave an amendment up', poll_growth_exported: 'Exported growth of answers', screen_code_created: 'Made a code for screens', screen_code_dropped: 'Let no more screens in', stream_key_created: 'Made a stream key', stream_key_revoked: 'Revoked a stream key',
      roster_extended: 'Added to a roster', roster_shortened: 'Took somebody off a roster',
      checkin_corrected: 'Changed a check-in', checkin_withdrawn: 'Withdrew a check-in', attendance_rule_set: 'Changed the attendance rule', attendance_decided: 'Set a verdict', attendance_objected: 'Objected to a verdict', attendance_objection_accepted: 'Accepted an objection', attendance_objection_declined: 'Declined an objection', attendance_objection_withdrawn: 'Took an objection back', attendance_exported: 'Exported attendance', viewers_exported: 'Exported viewers', session_report_exported: 'Exported a lesson report', view_statistics_exported: 'Exported viewing statistics', plays_read: 'Read everything that was played', attendance_closed: 'Closed attendance', attendance_record_exported: 'Took out a closed record', attendance_identity_erased: 'Erased a person from records',
      poll_results_exported: 'Exported poll results', groups_exported: 'Exported group activity', feedback_exported: 'Exported feedback', feedback_item_changed: 'Changed a feedback item', question_set_deleted: 'Deleted a set of questions', microcourse_published: 'Published a microcourse', microcourse_review_asked: 'Asked for a review', microcourse_review_taken_back: 'Took a request for review back', microcourse_approved: 'Approved a microcourse', microcourse_sent_back: 'Sent a microcourse back', microcourse_retired: 'Retired a microcourse', replay_window_set: 'Changed when a replay is shown', replay_rules_set: 'Changed what happens to a replay', replay_published: 'Published a replay', replay_held: 'Took a replay back', asides_erased: 'Erased what was said aside', catalogue_terms_set: 'Changed the rules of the catalogue', series_created: 'Began a series', series_changed: 'Changed a series', series_deleted: 'Deleted a series', microcourse_deleted: 'Deleted a microcourse', watch_rules_changed: 'Changed how something is watched', captions_uploaded: 'Uploaded captions', captions_deleted: 'Deleted captions', comment_hidden: 'Hid a comment', comment_shown: 'Showed a comment again', responses_read: 'Read raw ratings, favourites and shares', group_replay_shown: 'Changed who sees a group’s recording', replay_deleted: 'Deleted a replay', replay_restored: 'Took a replay back from the bin', microcourse_restored: 'Took a microcourse back from the bin', replay_erased: 'Had a replay erased at once', microcourse_erased: 'Had a microcourse erased at once',
      still_to_watch_exported: 'Exported who has still to watch',
      category_created: 'Added a category', category_changed: 'Changed a category', category_deleted: 'Deleted a category', tag_renamed: 'Renamed a tag', tags_merged: 'Merged tags', tag_deleted: 'Deleted a tag', shelf_settings_changed: 'Changed where something stands and for whom', library_reread: 'Had the library read anew',
      test_mail_sent: 'Sent a test mail', notice_retried: 'Sent a notice again', notices_retried: 'Sent failed notices again', reminders_set: 'Changed the reminder times', people_reminded: 'Reminded people',
    },
    detail: { expected: 'on the roster', added: 'added', updated: 'changed', errors: 'not taken', count: 'number', rows: 'rows', before: 'before', after: 'after', reason: 'reason', name: 'name', form: 'file', edition: 'version', version: 'version', role: 'role', expires_utc_ms: 'good until', people: 'people', changed: 'different', head: 'head', previous_head: 'head before', fingerprint: 'certificate', disclosures: 'texts' },
  },
}

export type OfficeWords = typeof en

export const zh: OfficeWords = {
  scope: { sessions_read: '查看场次', sessions_write: '安排场次', people_read: '查看人员', people_write: '修改人员', attendance_read: '查看考勤', replays_read: '查看回放', replays_write: '修改回放', views_read: '查看观看情况', timeline_read: '读取课堂时间线' },
  office: { noSessions: '在首页点“新建场次”，建好后会出现在这里。', noReplays: '直播结束后不久，回放会出现在这里。', noSets: '点“新建题组”，写下或粘贴第一批题目。' },
  results: {
    title: '投票与测验', open: '答题结果', none: '本场没有投票', nonePlain: '课上问过的题目会连同全部回答显示在这里。', csv: '下载 CSV', xlsx: '下载 Excel', questions: '题目', asked: '已提问', answered: '回答', attempts: '次作答', correctRate: '正确率', firstRate: '首次正确率', speed: '用时中位数', correction: '错题矫正率', growth: '正确率增长', seconds: '{n} 秒', of: '{of} 次中 {n} 次',
    whollyRight: '完全答对', worst: '错得最多的题', worstHint: '供下一场参考：大家最容易错在哪里。', byPoint: '按知识点', byDepartment: '按部门', byPerson: '按人', point: '知识点', department: '部门', noDepartment: '无部门', person: '姓名', guest: '访客', score: '得分', wrongAnswers: '错误答案', anonymous: '匿名：只有合计', anonymousTexts: '匿名：按字序排列，谁也查不到是谁写的', answeredOf: '{n} / {of} 人', hidden: '不足 {n} 票，不显示', rerun: '再次提问', points: '个百分点', chart: '正确率', wrongRate: '错误率', noScored: '没有标准答案，无从评分。',
  },
  growth: {
    title: '多场答题成长', about: '一门课的所有场次里，答题情况一天天怎样变化。', from: '从', to: '到', course: '场次名称包含', show: '查看', sessions: '共 {n} 场', none: '这段时间没有作答', nonePlain: '这些场次里回答过的测验题会出现在这里。', perDay: '每天的正确率', day: '日期', answers: '总答题量', right: '答对数', rate: '正确率', slope: '答对数日增速', lastDay: '最后一天答对数', corrected: '错题矫正', whole: '合计', by: '查看方式', people: '人员', departments: '部门', points: '知识点',
  },
  items: {
    title: '反馈跟进', all: '全部', mine: '我负责的', kind: { none: '未归类', short_term: '短期改进', long_term: '长期改进', call_back: '回访' }, state: { new: '待处理', in_progress: '处理中', done: '已完成', dropped: '不处理' }, step: { start: '开始处理', finish: '完成', drop: '不处理', reopen: '重新处理' },
    kindLabel: '类别', stateLabel: '状态', owner: '负责人', nobody: '负责人待定', me: '我来负责', due: '截止日期', dueOn: '{day} 截止', note: '备注', edit: '编辑', save: '保存', reach: '联系方式：{contact}', forgets: '选择“完成”或“不处理”后，联系方式会被删除。', noText: '没有文字，只希望回访。', none: '这里没有要处理的', nonePlain: '学员在反馈里写的话会出现在这里。',
  },
  activity: {
    title: '小组活动', points: '{n} 分，第 {place} 名', open: '小组', none: '这一场没有分组', nonePlain: '分组之后，这里会列出各组的活动情况。', refresh: '刷新', working: '进行中', time: '{from} 至 {to}', calls: '求助 {n} 次', visits: '被看望 {n} 次',
    name: '姓名', minutes: '在组分钟', mic: '开麦分钟', messages: '发言', answers: '答题', chars: '笔记字数', nobody: '没有人在这个组。', result: '成果', part: '参与程度', share: '参与程度：发言、答题与笔记',
  },
  closing: {
    title: '考勤办结', text: '办结会把上面的名单连同规则和依据冻结成一份签名档案，并把档案的链首哈希发给讲师、主持人和管理员，之后任何改动都会被发现。',
    stillOpen: '还有未处理的事项，勾选表示仍要办结', open: { not_over: '课程还没有结束', objections_open: '{n} 条异议没有答复', make_ups_waiting: '{n} 个补签申请没有处理', make_ups_possible: '学员在 {when} 前还可以申请补签' },
    close: '办结考勤', closeAgain: '办结第 {n} 版', busy: '正在办结…', version: '第 {n} 版', done: '{when} 由 {name} 办结，共 {n} 人。', because: '更正的原因：{reason}',
    file: { pdf: '签名 PDF', xlsx: 'Excel 表格', csv: 'CSV 表格', jsonl: '档案' }, head: '链首哈希', certificate: '证书指纹', copyHead: '复制链首哈希', copyCertificate: '复制证书指纹', copied: '已复制',
    check: '任何人都可以离线核验这些文件，并与邮件中的链首哈希和证书指纹核对：', broken: '保存的档案与当初办结的不一致。请用当时的文件与邮件中的链首哈希核对。',
    making: '正在生成文件…', makingRows: '正在生成文件：{n} / {of} 人', why: '为什么要重新办结？（会写入档案）', earlier: '之前的 {n} 个版本', earlierFile: '第 {n} 版签名 PDF',
  },
  amend: {
    open: '更正考勤', text: '考勤已办结，不能再悄悄改动。更正会形成下一版档案，写明改了什么、由谁改、为什么改。', why: '为什么要更正？（会写入档案）', begin: '开始更正', drop: '放弃更正',
    now: '正在更正第 {n} 版。第 {next} 版办结之前，以第 {n} 版为准。', begun: '{when} 由 {name} 开始。', because: '原因：{reason}', how: '请在上面的名单和签到中更正，改动会列在这里；改完后办结新版本。', none: '目前与已办结的版本没有不同。',
    changes: '与第 {edition} 版不同的人数：{n}', becomes: '改为', nobody: '非人工改动', more: '另有 {n} 人',
    what: { verdict: '结论', decision: '人工认定', objection: '异议', checkin: '签到', roster: '应到名单', presence: '在线记录', activity: '互动记录', words: '姓名或说明', added: '名单中新增', removed: '名单中移除' },
  },
  viewing: { title: '观看情况', viewers: '观看人数', bounce: '不足 10 秒就离开', reached80: '看到 80%', full: '全部看完', coverage: '覆盖率', completed: '已完成', notCompleted: '未完成', minutes: '分钟', last: '最近观看', from: '起点', nobody: '还没有人看过' },
  roster: {
    title: '应到名单（{n} 人）', add: '添加人员', whom: '人员', save: '加入名单', takeOff: '移出名单', takeOffWho: '将 {name} 移出名单', takenOff: '{name} 已移出名单。', added: '{name} 已加入名单。', nobody: '名单上还没有人。没有名单时，所有到场的学员都计入应到。', noMatch: '名单上没有匹配的人。', all: '显示全部 {n} 人',
    fewer: '应到人数从 {before} 变为 {after}，本课程的各项比率都按新的人数计算。', stays: '此人在课上的记录保留，按名单外人员统计。', asked: '不再向其发送本课程的邀请和提醒，也不再因本课程要求其观看回放。', shut: '此人不能再进入课堂：本课程只对名单上的人开放。', why: '原因（写入审计日志）', afterwards: '课程已结束：现在加入的人计入应到；如果没有到场，则计为缺席。',
  },
  hosting: {
    host: '主持人：', nobody: '未指定', name: '指定主持人', change: '更换主持人', whom: '新主持人', hint: '可选择有主持人、讲师或管理员角色的人。', former: '保存后 {name} 立即不再是主持人（课程进行中也一样），并会收到通知。其发给学员的链接继续有效，由新主持人管理；发给工作人员的链接随即失效。', save: '保存并通知本人', remove: '不设主持人', named: '已指定 {name} 为主持人，正在通知本人。', gone: '本场次现在没有主持人。',
  },
  mail: {
    title: '邮件', notSetUp: '尚未设置邮件服务器，只能在应用内通知。请设置 LECTERN_SMTP_HOST 和 LECTERN_MAIL_FROM 后重启。', through: '经由 {host}，发件人 {sender}，每分钟最多 {n} 封', fine: '目前没有问题', since: '始于{when}。', said: '邮件服务器答复：{text}',
    test: '发送测试邮件', testing: '正在发送…', testTo: '测试邮件收件人', testTaken: '邮件服务器已接收测试邮件，请查看 {address} 是否收到。',
    times: '提醒时间', before: '开始前（分钟）', after: '结束后（分钟）', timesHelp: '填写整数分钟，用逗号分隔，1440 为一天。离开始最近的一次提醒签到；结束后的提醒只发给还有事项未完成的人。', invite: '加入名单时自动发送邀请', save: '保存', minutesWrong: '请填写最多六个整数，用逗号分隔。',
    when: '时间', what: '内容', to: '收件人', way: '方式', secret: '提问者（不显示）', oneSession: '仅一个场次', kindOf: '类别', anyKind: '所有类别', anyState: '所有状态', retry: '重新发送', retryFor: '重新发送：{subject}，{name}', retryFailed: '重新发送全部失败邮件', retried: '将重新发送 {n} 条',
    triedTimes: '已尝试 {n} 次', nextTry: '下次尝试：{when}',
    state: { waiting: '等待发送', sending: '正在发送', sent: '已发送', failed: '失败', dropped: '未发送' }, channel: { app: '应用内', mail: '邮件' },
    kind: { invited: '课程邀请', hosting: '主持安排', relieved: '不再主持', moved: '课程变更', cancelled: '课程取消', coming: '课前提醒', starting: '签到提醒', missed: '课后待办', question_answered: '问题已答复', attendance_closed: '考勤办结', objected: '异议待处理', work_item: '反馈指派', review_asked: '请求审核', reviewed: '审核结果', watch_due: '必修待看', replay_shown: '回放发布' },
    problem: {
      mail_not_set_up: '当时没有设置邮件服务器。', mail_server_away: '连不上邮件服务器。邮件全部保留，恢复后自动发送。', mail_tls_failed: '无法与邮件服务器建立加密连接：请检查 LECTERN_SMTP_SECURITY 及其证书。', mail_sign_in_refused: '邮件服务器拒绝了用户名或密码：请检查 LECTERN_SMTP_USER 和密码。',
      mail_sender_refused: '邮件服务器不允许以 LECTERN_MAIL_FROM 发信。', mail_recipient_refused: '邮件服务器不认识该收件人。请在员工名单中更正邮箱后重新发送。', mail_content_refused: '邮件服务器拒收这封邮件。', mail_deferred: '邮件服务器要求稍后再试。',
      address_missing: '没有邮箱，请在员工名单中补充。', address_broken: '邮箱无效，请在员工名单中更正。', recipient_gone: '此人已离职。', muted: '此人已关闭此类邮件。', too_late: '未能及时发送。', overtaken: '已被更新的通知代替。', done_already: '事项已完成或已截止，无需再提醒。', deleted: '相关内容已删除。',
    },
    remind: '提醒未完成者', reminded: '已提醒 {n} 人。', nobodyMissing: '没有未完成的人。', cancel: '取消场次', cancelAsk: '取消这个场次？', cancelText: '所有收到过“{title}”通知的人都会收到取消通知，日历中的安排也会取消。此操作不可撤销。', keep: '保留', cancelled: '已取消，正在通知相关人员。', move: '更改安排', moveText: '收到过通知的人会收到变更通知，日历中的安排也随之更改。', moved: '已更改，正在通知相关人员。',
  },
  importLine: { cell_empty: '缺少工号或姓名。', cell_too_long: '工号、姓名或部门太长。', role_unknown: '没有这个角色。', address_invalid: '邮箱格式不对。', duplicate_person: '这个工号在文件里重复了。', person_unknown: '没有这个工号的人，请先导入人员。', not_allowed: '只有管理员才能设置管理员。' },
  audit: {
    title: '审计', when: '时间', who: '操作人', what: '操作', object: '对象', system: '系统', session: '查看场次', detailOf: '{name}：{value}',
    act: {
      people_imported: '导入人员', api_key_created: '新建 API 密钥', api_key_revoked: '吊销 API 密钥', worker_token_created: '生成工作进程令牌', worker_token_revoked: '收回工作进程令牌', media_job_resumed: '重试媒体任务', media_job_held: '暂停媒体任务', media_job_cancelled: '取消媒体任务', branding_changed: '修改品牌', look_created: '新建包装', look_renamed: '重命名包装', look_retired: '停用包装', look_used_again: '重新启用包装', look_deleted: '删除包装', look_made_default: '设为默认包装', look_given: '调整包装归属', brand_clip_added: '添加品牌片段', join_token_created: '生成个人链接', join_token_ended: '收回个人链接', join_token_shown: '复制个人链接', join_tokens_passed_on: '将个人链接移交新主持人', host_named: '指定主持人', attendance_amendment_begun: '开始更正已办结的考勤', attendance_amendment_dropped: '放弃更正', poll_growth_exported: '导出答题成长', screen_code_created: '生成大屏代码', screen_code_dropped: '停用大屏代码', stream_key_created: '新建推流密钥', stream_key_revoked: '吊销推流密钥',
      roster_extended: '加入应到名单', roster_shortened: '移出应到名单',
      checkin_corrected: '更正签到', checkin_withdrawn: '撤销签到', attendance_rule_set: '修改考勤认定规则', attendance_decided: '认定考勤结论', attendance_objected: '提出考勤异议', attendance_objection_accepted: '采纳异议', attendance_objection_declined: '不采纳异议', attendance_objection_withdrawn: '撤回异议', attendance_exported: '导出考勤', viewers_exported: '导出观看名单', session_report_exported: '导出课程报告', view_statistics_exported: '导出观看统计', plays_read: '读取全部播放记录', attendance_closed: '办结考勤', attendance_record_exported: '下载考勤档案', attendance_identity_erased: '从档案中抹去个人信息',
      poll_results_exported: '导出答题结果', groups_exported: '导出小组活动', feedback_exported: '导出课后反馈', feedback_item_changed: '修改反馈跟进事项', question_set_deleted: '删除题组', microcourse_published: '发布微课', microcourse_review_asked: '请求审核微课', microcourse_review_taken_back: '撤回审核请求', microcourse_approved: '审核通过微课', microcourse_sent_back: '退回微课', microcourse_retired: '下架微课', replay_window_set: '修改回放开放时间', replay_rules_set: '修改回放规则', replay_published: '发布回放', replay_held: '撤回回放', asides_erased: '删除未录入回放的内容', catalogue_terms_set: '修改微课与回放规则', series_created: '新建系列', series_changed: '修改系列', series_deleted: '删除系列', microcourse_deleted: '删除微课', watch_rules_changed: '修改观看规则', captions_uploaded: '上传字幕', captions_deleted: '删除字幕', comment_hidden: '隐藏评论', comment_shown: '恢复显示评论', responses_read: '读取评分、收藏和分享明细', group_replay_shown: '修改谁可以看小组录制', replay_deleted: '删除回放', replay_restored: '从回收站恢复回放', microcourse_restored: '从回收站恢复微课', replay_erased: '立即清除回放', microcourse_erased: '立即清除微课',
      still_to_watch_exported: '导出未看完名单',
      category_created: '新增分类', category_changed: '修改分类', category_deleted: '删除分类', tag_renamed: '重命名标签', tags_merged: '合并标签', tag_deleted: '删除标签', shelf_settings_changed: '修改分类、标签或观看范围', library_reread: '重建内容索引',
      test_mail_sent: '发送测试邮件', notice_retried: '重新发送通知', notices_retried: '重新发送失败的通知', reminders_set: '修改提醒时间', people_reminded: '提醒未完成者',
    },
    detail: { expected: '应到人数', added: '新增', updated: '更新', errors: '未导入', count: '数量', rows: '行数', before: '之前', after: '之后', reason: '原因', name: '名称', form: '文件', edition: '版本', version: '版本', role: '角色', expires_utc_ms: '有效期至', people: '人数', changed: '有变化', head: '链首哈希', previous_head: '前一链首哈希', fingerprint: '证书指纹', disclosures: '文本数' },
  },
}

i18n.global.mergeLocaleMessage('en', en)
i18n.global.mergeLocaleMessage('zh-CN', zh)
