/** Words that only those who teach need, in both languages. They come with their pages: a room's first load does without. */
import { i18n } from './index'

export const en = {
  ask: {
    audience: 'Who answers', everybody: 'Everybody', byGroup: 'Everybody, with a result for each group', oneGroup: 'Only {name}',
    kindLabel: 'Kind', kind: { single: 'Single choice', multiple: 'Multiple choice', rating: 'Rating', ranking: 'Ranking', text: 'Short text', matching: 'Matching' },
    show: { live: 'live', after_close: 'after it closes', staff_only: 'when I publish it' }, published: 'Published', anonymous: 'Anonymous', makeAnonymous: 'Anonymous: nobody can tell who answered what', instant: 'Tell learners at once whether they are right; they may try again', instantShort: 'instant feedback', partial: 'What is partly right gets part of the point', partialShort: 'partial points',
    markRight: 'Option {n} is right', tickHint: 'Tick what is right to make it a quiz. Without a tick it is a poll.', partner: 'Belongs to {n}', scale: 'Scale', accepted: 'Accepted answers (optional)', acceptedHint: 'Paris / paris, France', more: 'More: time, results, anonymous', time: 'Time', noTime: 'until I close it', seconds: '{n} s', explanation: 'Explanation, shown with the result',
    prepared: 'Prepared questions', prepare: 'Prepare polls and quizzes', chooseSets: 'Choose sets', noLibrary: 'No sets of questions yet.', openLibrary: 'Open the library of questions', nothingPrepared: 'Nothing is prepared for this lesson yet.', questions: '{n} question | {n} questions', fire: 'Ask now', fireAgain: 'Ask again', fireAll: 'Ask all {n} at once (survey)',
    paste: 'Paste text', text: 'Questions as text', textExample: '1. Which exit is nearest? [60s]\nA. The door\n*B. The window\nExplanation: It is wider.', preview: 'What we understand', line: 'Line {n}:', howTo: 'How to write it',
    howToText: 'Begin each question with a number, or leave an empty line before it.\nOptions: A. B. C. or - ; mark what is right with * in front or (correct) behind, or write a line “Answer: B”.\nNo options: learners write a short text. Pairs “- left -> right”: matching.\nBehind the question in brackets: [multiple], [rating 0-10], [ranking], [60s], [anonymous], [instant], [partial], [after close], [when published].\nOwn lines: “Explanation: …”, “Points: fire, exits”.',
    closeAndPublish: 'Close and show result', publish: 'Show result to all', again: 'Ask again to compare', moreTime: 'More time', plusSeconds: '+ {n} s', forWhom: 'For whom', forAll: 'for everybody', give: 'Give', extendedFor: 'More time for {names}', countedLater: 'Counted at the close; shown from {n} answers on.',
  },
  written: { readAll: 'Read {n} answer | Read all {n} answers', some: '{n} of {of} answers', more: 'Show more answers', none: 'Nobody has written anything.' },
  aside: { begin: 'Not for the replay', end: 'Record again', note: 'Learners see and hear you; the replay leaves this out, until you press “Record again”.', waits: 'The recording cannot be turned off right now: wait with what is not for the replay. It is tried again every second. If anything was recorded, the replay is held until somebody has looked.' },
  hint: {
    label: 'The class has only listened for a while', title: 'The class has only listened for {n} min', text: 'Attention drops after a while. Let them do something:', ask: 'Ask “{text}”', takeUp: 'Take up “{text}”', pulse: 'Ask whether they can follow', pulseQuestion: 'Can you follow so far?', pulseYes: 'Yes', pulsePartly: 'Partly', pulseNo: 'No', checkin: 'Check in, 1 min', later: 'In 10 min', break: 'Break: in 30 min', never: 'Not again in this lesson',
  },
  checkinDesk: {
    more: 'More: late arrivals, start time, pop-up', grace: 'When the time is up', noGrace: 'Take no more check-ins', graceFor: '{n} min more, counted as late', when: 'Start', now: 'Now', inMinutes: 'In {n} min', random: 'By surprise, within {n} min', forced: 'Pop up over the lesson until answered', doPlan: 'Plan check-in',
    planned: 'Planned', startsIn: 'Starts in {time}', plannedHint: 'It starts by itself at {at}. Learners do not see this.', dropPlan: 'Drop this plan', withdraw: 'Withdraw', withdrawTitle: 'Withdraw this check-in?', withdrawText: 'It will count for nobody, as if it had never been. This cannot be undone.', withdrawnHint: 'It counts for nobody.',
  },
  screenDesk: {
    title: 'Screens in meeting rooms and shops', text: 'A TV opens {url} and types this code. People before it scan its QR code with their phones and are counted one by one.', make: 'Make a code', again: 'New code', stop: 'Let no more screens in', byRoster: 'Staff number and name are enough (no sign-in)', code: 'Code for screens', link: 'Link for screens', none: 'No screen is connected yet.',
    count: '{n} screen | {n} screens', heads: '{n} person | {n} people', scanned: '{n} by phone', extra: 'Without a phone', extraFor: 'People without a phone at {name}', online: 'connected', offline: 'not connected', save: 'Save', inNoGroup: 'Screens in no group',
  },
  health: {
    title: 'Connection trouble: {names}', titleMore: '{n} in trouble: {names}…', since: 'for {time}', away: 'Not in the class at the moment: closed, or without a network. They return by the same link.',
    record: 'Connection troubles', recordNone: 'Nobody’s connection was in trouble', lasting: 'still', from: 'From', until: 'Until', ended: { left: 'left the class', removed: 'was removed' }, lasted: 'Lasted', what: 'What',
    media_lost: { what: 'Picture and sound lost', advice: 'They are told to reconnect. If it stays, have them open the connection test.' },
    sending_lossy: { what: 'Their picture and sound arrive damaged', advice: 'Have them turn off the camera, or use a cable instead of Wi-Fi.' },
    receiving_lossy: { what: 'Much of what they should get is lost', advice: 'Wi-Fi is the usual cause: a cable, or closer to the router.' },
    receiving_paused: { what: 'Too slow for the picture: sound only', advice: 'They hear you. Read out what only the screen shows.' },
    slow_answers: { what: 'Answers arrive late', advice: 'Give them a moment after a question.' },
  },
  network: { grade0: 'Not connected', grade1: 'Bad network', grade2: 'Weak network', grade3: 'Fair network', grade4: 'Good network', details: 'Round trip {ms} ms, lost {loss}%, sending {kbps} kbit/s' },
  links: {
    open: 'Personal links', text: 'A personal link lets one guest or colleague in without signing in, until it ends. Whoever has it comes in under that name, so give it to that person alone.', whom: 'For', guest: 'a guest', person: 'a colleague', guestName: 'Name in the class', personName: 'Colleague',
    as: 'Comes in as', label: 'Note (not shown in the class)', ends: 'Ends', make: 'Make a link', staff: 'Whoever has this link helps to run the session. It ends when whoever made it is host no longer.', of: 'Link of {name}', link: 'Link', secret: 'Send it to this person alone.', list: 'Links of this session', showEnded: 'Also those that have ended',
    none: 'No personal links yet', noneText: 'Links that you make for guests and colleagues will be listed here with their use.', made: 'Made by {name}, {when}', api: 'an API key', held: 'now looked after by {name}', until: 'Ends {when}', expiredAt: 'Ended {when}', endedAt: 'Taken back {when}', unused: 'never opened', uses: 'opened {n} time | opened {n} times', last: 'last {when}',
    state: { expired: 'Ended', ended: 'Taken back' }, copy: 'Copy', copyOf: 'Copy the link of {name}', copied: 'The link of {name} is copied.', end: 'Take back', endOf: 'Take back the link of {name}', endGuest: 'The link opens nothing from now on. Whoever came by it leaves the session at once.', endPerson: 'The link opens nothing from now on. Whoever came by it as staff is a learner at once.', ended: 'The link of {name} opens nothing any more.',
  },
  streamKeys: {
    title: 'Stream keys', open: 'OBS and other encoders', text: 'With a stream key, OBS, ffmpeg or another encoder publishes into this lesson, or a player shows it. A key can be revoked at any time.', name: 'Name', use: 'For', publish: 'publishing', watch: 'watching', expiry: 'Valid', expires0: 'until revoked', expires1: 'for a day', expires30: 'for 30 days', own: 'Publish as myself', create: 'New key',
    created: 'Copy the key now: it is shown only once.', server: 'Server', key: 'Key', copyWhat: 'Copy: {what}', howTo: 'Set up OBS',
    obs1: 'Settings → Stream: choose the service WHIP, paste the server and, as bearer token, the key.', obs2: 'Settings → Output → Advanced: encoder H.264, keyframe interval 1 or 2 s, no B-frames.', obs3: 'Go live here first; then press Start Streaming in OBS.', obs4: 'If OBS loses its connection it may start again with the same key: the new stream takes the place of the old one.',
    inUse: 'in use', unused: 'never used', lastUsed: 'last used {when}', until: 'valid until {when}', expired: 'expired {when}', revoke: 'Revoke', revokeTitle: 'Revoke “{name}”?', revokeText: 'What is being sent or watched with it ends at once.',
  },
}

export type StudioWords = typeof en

export const zh: StudioWords = {
  ask: {
    audience: '谁来回答', everybody: '所有人', byGroup: '所有人，并按小组统计', oneGroup: '仅 {name}',
    kindLabel: '题型', kind: { single: '单选', multiple: '多选', rating: '评分', ranking: '排序', text: '简答', matching: '匹配' },
    show: { live: '实时显示', after_close: '结束后显示', staff_only: '由我公布' }, published: '已公布', anonymous: '匿名', makeAnonymous: '匿名：谁也查不到是谁的回答', instant: '立即告诉学员对错，可以重答', instantShort: '即时反馈', partial: '部分答对给部分分数', partialShort: '部分给分',
    markRight: '选项 {n} 正确', tickHint: '勾选正确答案就是测验；不勾就是投票。', partner: '与 {n} 配对', scale: '分值', accepted: '可接受的答案（选填）', acceptedHint: '北京 / 北京市', more: '更多：限时、公布方式、匿名', time: '限时', noTime: '由我结束', seconds: '{n} 秒', explanation: '解析（随结果公布）',
    prepared: '备好的题目', prepare: '准备投票和测验', chooseSets: '选择题组', noLibrary: '还没有题组。', openLibrary: '打开题库', nothingPrepared: '本场还没有备题。', questions: '{n} 题', fire: '现在提问', fireAgain: '再问一次', fireAll: '{n} 题一起发出（问卷）',
    paste: '粘贴文字', text: '用文字写题', textExample: '1、灭火器多久检查一次？【限时60秒】\nA、每月（正确）\nB、每年\n解析：按规定每月一次。', preview: '识别结果', line: '第 {n} 行：', howTo: '怎么写',
    howToText: '每题以序号开头，或在题目前空一行。\n选项用 A、B、C、或“- ”；正确项在前面加 *，或在后面加（正确），或另写一行“答案：B”。\n没有选项就是简答题；写成“- 左 -> 右”就是匹配题。\n题目后面可加【多选】【评分 0-10】【排序】【判断】【限时60秒】【匿名】【即时反馈】【部分给分】【结束后公布】【手动公布】。\n单独一行：“解析：……”“知识点：灭火、疏散”。',
    closeAndPublish: '结束并公布结果', publish: '向全体公布结果', again: '再问一次，对比前后', moreTime: '延长时间', plusSeconds: '+ {n} 秒', forWhom: '给谁', forAll: '给所有人', give: '延长', extendedFor: '已为 {names} 延长', countedLater: '结束时统计，满 {n} 人才显示结果。',
  },
  written: { readAll: '查看全部 {n} 条回答', some: '已显示 {n} / {of} 条', more: '显示更多回答', none: '还没有人写下回答。' },
  aside: { begin: '不录入回放', end: '恢复录制', note: '学员仍能看到、听到你；在你点“恢复录制”之前，这一段不会进入回放。', waits: '暂时无法停止录制，不想录入回放的内容请先不要说。系统每秒重试一次；如果仍有内容被录下，回放会先保留，待人工确认后再发布。' },
  hint: {
    label: '学员已经连续听了一段时间', title: '学员已经连续听了 {n} 分钟', text: '时间长了注意力会下降，让大家动一动：', ask: '发起“{text}”', takeUp: '回答“{text}”', pulse: '问问大家是否跟得上', pulseQuestion: '到目前为止跟得上吗？', pulseYes: '跟得上', pulsePartly: '有一部分跟不上', pulseNo: '跟不上', checkin: '签到 1 分钟', later: '10 分钟后再提醒', break: '休息：30 分钟后再提醒', never: '本节课不再提醒',
  },
  checkinDesk: {
    more: '迟到、开始时间、弹窗', grace: '到点之后', noGrace: '不再接受签到', graceFor: '再等 {n} 分钟，记为迟到', when: '开始时间', now: '现在', inMinutes: '{n} 分钟后', random: '{n} 分钟内随机', forced: '弹窗提示，签到后才能继续', doPlan: '安排签到',
    planned: '已安排', startsIn: '{time} 后开始', plannedHint: '{at} 自动开始，学员看不到这个安排。', dropPlan: '取消安排', withdraw: '撤销', withdrawTitle: '撤销这次签到？', withdrawText: '撤销后这次签到对谁都不计，且不能恢复。', withdrawnHint: '这次签到不计。',
  },
  screenDesk: {
    title: '会议室、门店大屏', text: '在电视上打开 {url}，输入这个代码。大屏前的人用手机扫屏幕上的二维码，逐人计数。', make: '生成代码', again: '换一个代码', stop: '不再让新屏幕进入', byRoster: '凭工号和姓名进入（不用登录）', code: '大屏代码', link: '大屏链接', none: '还没有大屏接入。',
    count: '{n} 块大屏', heads: '{n} 人', scanned: '扫码 {n} 人', extra: '没带手机的人数', extraFor: '{name} 没带手机的人数', online: '已连接', offline: '未连接', save: '保存', inNoGroup: '没有进组的大屏',
  },
  health: {
    title: '网络异常：{names}', titleMore: '{n} 人网络异常：{names}…', since: '已持续 {time}', away: '现在不在课堂里：可能已关闭页面，或断网了。用原来的链接就能回来。',
    record: '网络异常记录', recordNone: '没有人出现网络异常', lasting: '仍在持续', from: '开始', until: '结束', ended: { left: '离开了课堂', removed: '被移出' }, lasted: '持续', what: '情况',
    media_lost: { what: '音视频已中断', advice: '系统已提示对方重连。若一直不恢复，请对方打开“网络检测”。' },
    sending_lossy: { what: '对方的声音和画面传输受损', advice: '请对方关闭摄像头，或用网线代替 Wi-Fi。' },
    receiving_lossy: { what: '对方接收时丢包严重', advice: '多半是 Wi-Fi 的问题：用网线，或靠近路由器。' },
    receiving_paused: { what: '网速不足以看画面，只有声音', advice: '对方能听到你。只在屏幕上显示的内容请读出来。' },
    slow_answers: { what: '对方的反应会晚到', advice: '提问后请稍等片刻。' },
  },
  network: { grade0: '未连接', grade1: '网络很差', grade2: '网络较弱', grade3: '网络一般', grade4: '网络良好', details: '往返 {ms} 毫秒，丢包 {loss}%，发送 {kbps} kbit/s' },
  links: {
    open: '个人链接', text: '个人链接让一位访客或同事无需登录即可进入，到期失效。持有链接的人会以该姓名进入，请只发给本人。', whom: '发给', guest: '访客', person: '同事', guestName: '课堂上显示的姓名', personName: '同事',
    as: '进入身份', label: '备注（只有管理者可见）', ends: '到期时间', make: '生成链接', staff: '持有此链接的人可协助管理本场次。生成者不再是主持人时，链接随即失效。', of: '{name}的链接', link: '链接', secret: '请只发给本人。', list: '本场次的链接', showEnded: '也显示已失效的',
    none: '还没有个人链接', noneText: '为访客和同事生成的链接及其使用情况会列在这里。', made: '{name} 生成于{when}', api: 'API 密钥', held: '现由{name}管理', until: '{when}到期', expiredAt: '已于{when}到期', endedAt: '已于{when}收回', unused: '从未打开', uses: '打开 {n} 次', last: '最近{when}',
    state: { expired: '已到期', ended: '已收回' }, copy: '复制', copyOf: '复制{name}的链接', copied: '已复制{name}的链接。', end: '收回', endOf: '收回{name}的链接', endGuest: '链接立即失效。通过它进入的访客会马上离开本场。', endPerson: '链接立即失效。通过它以工作人员身份进入的人会马上变为学员。', ended: '{name}的链接已失效。',
  },
  streamKeys: {
    title: '推流密钥', open: 'OBS 等推流软件', text: '有了推流密钥，就可以用 OBS、ffmpeg 等软件把画面推到本场，或用播放器观看。密钥随时可以吊销。', name: '名称', use: '用于', publish: '推流', watch: '观看', expiry: '有效期', expires0: '吊销前一直有效', expires1: '一天', expires30: '30 天', own: '以我的身份推流', create: '新建密钥',
    created: '请现在复制密钥，之后不再显示。', server: '服务器', key: '密钥', copyWhat: '复制：{what}', howTo: '设置 OBS',
    obs1: '设置 → 直播：服务选 WHIP，粘贴服务器地址，并把密钥填为 Bearer 令牌。', obs2: '设置 → 输出 → 高级：编码器选 H.264，关键帧间隔 1 或 2 秒，不用 B 帧。', obs3: '先在这里开始直播，再在 OBS 里点“开始直播”。', obs4: '如果 OBS 断线，用同一个密钥重新开始即可，新画面会接替旧画面。',
    inUse: '使用中', unused: '从未使用', lastUsed: '最近使用：{when}', until: '有效至 {when}', expired: '已于 {when} 过期', revoke: '吊销', revokeTitle: '吊销“{name}”？', revokeText: '正在用它推送或观看的画面会立即中断。',
  },
}

i18n.global.mergeLocaleMessage('en', en)
i18n.global.mergeLocaleMessage('zh-CN', zh)
