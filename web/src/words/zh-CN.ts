/** 简体中文。 */
import type { Words } from './en'

const zh: Words = {
  common: {
    close: '关闭', loading: '正在加载…', details: '详情', retry: '重试', home: '回到我的场次', language: '语言', cannotLoad: '没有加载成功',
    timeLeft: '还剩 {time}', listComma: '、', search: '搜索', more: '更多', cancel: '取消', download: '下载', empty: '这里还没有内容', skip: '跳到正文',
  },
  date: { today: '今天', tomorrow: '明天', yesterday: '昨天' },
  role: { presenter: '主播', host: '主持人', learner: '学员', screen: '大屏', admin: '管理员', line_manager: '直线经理' },
  signIn: { title: '登录', login: '账号', password: '密码', submit: '登录' },
  lost: { title: '没有这个页面', text: '链接可能已过期或不完整，请向发送人要一个新的。' },
  home: {
    hello: '你好，{name}', sessions: '场次', microcourses: '微课', admin: '管理', signOut: '退出', create: '新建场次',
    empty: '还没有场次', emptyPresenter: '新建一个，一分钟就能开播。', emptyLearner: '邀请你的场次会出现在这里。',
    live: '正在直播', upcoming: '即将开始', past: '已结束', expected: '应到 {n} 人', attended: '实到 {n} / {of}', came: '到场 {n} 人',
    toStudio: '进入演播室', toStudioLive: '回到演播室', join: '进入直播间', toRoom: '去直播间',
  },
  create: {
    title: '新建场次', name: '标题', namePlaceholder: '这一课讲什么？', starts: '开始时间（{zone}）', guests: '没有账号的人填写姓名也能进入', submit: '新建',
  },
  room: {
    liveNow: '正在直播', live: '直播中', joining: '正在进入直播间…', signInFirst: '本场仅限受邀人员，请先登录。', joinAs: '以 {name} 的身份进入',
    yourName: '你的姓名', namePlaceholder: '同事认识的名字', consentTitle: '本场会记录什么', agreeAndJoin: '同意并进入', join: '进入', haveAccount: '我有账号',
    startsIn: '{time} 后开始', anyMoment: '马上开始', stayHere: '留在本页，开播后自动进入。', waitingPeople: '已到 {n} 人',
    removed: '你已被移出本场', removedText: '如有误会，请联系主持人。', refused: '暂时不能进入', tryAnotherWay: '换个方式进入',
    cannotOpen: '打不开这个场次', over: '本场已结束', overText: '感谢参与。回放会出现在这里。', overReplay: '《{title}》可以回看了。', watchReplay: '看回放',
    classPanel: '课堂', chat: '聊天', questions: '问答', polls: '投票', people: '成员', invitation: '请你参与', putAway: '收起', waitingForYou: '待你参与',
    onlineShort: '{n} 人在线', sound: '声音', fullScreen: '全屏', leave: '离开',
  },
  stage: {
    you: '我', connecting: '画面马上就来…', noPicture: '主播暂时没有画面', inGroup: '分组时间：和组员讨论吧，结束后画面会回来。', screenOf: '{name} 的屏幕', cameraOf: '{name} 的摄像头', camera: '摄像头', screen: '屏幕',
    broadcast: '直播流', broadcastComing: '当前网络连不上实时画面，正在切换到直播流（晚几秒）…', broadcastTag: '直播流 · 晚几秒',
    tapForSound: '点一下，打开声音', speaking: '正在说话', muted: '已静音', paused: '画面已暂停', pausedWhy: '你的网络较慢，声音不受影响。', actionsFor: '对 {name} 的操作',
    act: { 'mute-mic': '静音', 'mute-camera': '关闭摄像头', 'mute-screen': '停止共享', 'off-stage': '下麦', remove: '移出' },
    mutedBy: { mic: '{name} 已将你静音。轮到你时再开麦。', camera: '{name} 关闭了你的摄像头。你可以再打开。', screen: '{name} 停止了你的屏幕共享。' },
    recovering: '画面中断，正在重连。聊天和投票不受影响。', onBroadcast: '正在看直播流（晚几秒），同时继续尝试实时画面。',
  },
  banner: { away: '连接中断，正在重连（第 {n} 次）。已输入的内容会保留。' },
  chat: { news: '{n} 条新消息', empty: '还没有消息，打个招呼吧。', me: '我', write: '说点什么', send: '发送', sending: '发送中…', remove: '删除消息', erased: '内容已删除' },
  question: {
    empty: '还没有提问，来提第一个。', pending: '已提交给主持人，公开后大家都能看到。', answeredLive: '已现场回答', yours: '我的提问', lift: '我也想问，已有 {n} 人',
    votes: '{n} 人想问', write: '向主播提问', ask: '提问', sent: '已提交，主持人看得到。',
    state: { pending: '新提问', published: '已公开', answered: '已回答', dismissed: '不回答' },
  },
  poll: {
    title: '投票', empty: '还没有投票', open: '进行中', closed: '已结束', voters: '{n} 人已投', votersOf: '{n} / {of} 已投', yours: '我的选择', counted: '已计入你的投票。', answer: '去投票', change: '改选', voted: '已投票，结果稍后公布。', resultsLater: '投票结束后公布结果。',
    rightOption: '正确答案：', points: '{n} 分', before: '之前', now: '现在', mean: '平均 {n}，满分 {of}', texts: '文字回答', tooFew: '回答不足 {n} 人，结果不予显示，以免猜出是谁的回答。', rightShare: '{of} 人中 {n} 人答对（{p}%）', youWereRight: '你答对了。', youWereWrong: '你没有答对。',
    rightOrder: '正确顺序：{order}', accepted: '正确答案：{texts}', anonymous: '匿名：谁也查不到是谁的回答。结束后满 {n} 人才显示结果。', timeUp: '时间到。', instantRight: '答对了！', instantWrong: '还不对，可以再试一次。', yourText: '你的回答：',
    rate: '从 {low} 到 {high}', lowest: '完全不', highest: '非常', atMost: '最多选 {n} 项', up: '上移 {option}', down: '下移 {option}', choose: '请选择…', write: '写下你的回答', send: '提交',
  },
  ask: {
    kindLabel: '题型', kind: { single: '单选', multiple: '多选', rating: '评分', ranking: '排序', text: '简答', matching: '匹配' },
    show: { live: '实时显示', after_close: '结束后显示', staff_only: '由我公布' }, published: '已公布', anonymous: '匿名', makeAnonymous: '匿名：谁也查不到是谁的回答', instant: '立即告诉学员对错，可以重答', instantShort: '即时反馈',
    markRight: '选项 {n} 正确', tickHint: '勾选正确答案就是测验；不勾就是投票。', partner: '与 {n} 配对', scale: '分值', accepted: '可接受的答案（选填）', acceptedHint: '北京 / 北京市', more: '更多：限时、公布方式、匿名', time: '限时', noTime: '由我结束', seconds: '{n} 秒', explanation: '解析（随结果公布）',
    prepared: '备好的题目', chooseSets: '选择题组', noLibrary: '还没有题组。', openLibrary: '打开题库', nothingPrepared: '本场还没有备题。', questions: '{n} 题', fire: '现在提问', fireAgain: '再问一次', fireAll: '{n} 题一起发出（问卷）',
    paste: '粘贴文字', text: '用文字写题', textExample: '1、灭火器多久检查一次？【限时60秒】\nA、每月（正确）\nB、每年\n解析：按规定每月一次。', preview: '识别结果', line: '第 {n} 行：', howTo: '怎么写',
    howToText: '每题以序号开头，或在题目前空一行。\n选项用 A、B、C、或“- ”；正确项在前面加 *，或在后面加（正确），或另写一行“答案：B”。\n没有选项就是简答题；写成“- 左 -> 右”就是匹配题。\n题目后面可加【多选】【评分 0-10】【排序】【判断】【限时60秒】【匿名】【即时反馈】【结束后公布】【手动公布】。\n单独一行：“解析：……”“知识点：灭火、疏散”。',
    closeAndPublish: '结束并公布结果', publish: '向全体公布结果', again: '再问一次，对比前后', moreTime: '延长时间', plusSeconds: '+ {n} 秒', forWhom: '给谁', forAll: '给所有人', give: '延长', extendedFor: '已为 {names} 延长', countedLater: '结束时统计，满 {n} 人才显示结果。',
  },
  library: {
    title: '题库', about: '题组备好一次，任何一场都能用：投票、测验、问卷。', new: '新建题组', edit: '题组', name: '标题', count: '题数', changed: '修改时间', save: '保存 {n} 题', saved: '已保存', remove: '删除题组', removeTitle: '删除“{title}”？', removeText: '以后的场次不能再用它。已经问过的题目仍保留在各场结果中。',
  },
  results: {
    title: '投票与测验', open: '答题结果', none: '本场没有投票', nonePlain: '课上问过的题目会连同全部回答显示在这里。', csv: '下载 CSV', xlsx: '下载 Excel', questions: '题目', asked: '已问题数', answered: '回答', attempts: '次作答', correctRate: '正确率', firstRate: '首次正确率', speed: '用时中位数', correction: '错题矫正率', growth: '正确率增长', seconds: '{n} 秒', of: '{n} / {of}',
    worst: '错得最多的题', worstHint: '供下一场参考：大家最容易错在哪里。', byPoint: '按知识点', byDepartment: '按部门', byPerson: '按人', point: '知识点', department: '部门', noDepartment: '无部门', person: '姓名', guest: '访客', score: '得分', wrongAnswers: '错误答案', anonymous: '匿名：只有合计', hidden: '不足 {n} 票，不显示', rerun: '再次提问', points: '个百分点', chart: '正确率', wrongRate: '错误率', noScored: '没有标准答案，无从评分。',
  },
  people: { phone: '用手机', more: '还有 {n} 人' },
  hand: { raise: '举手', lower: '放下手', up: '举手', yourTurn: '你已连麦。点“开麦”，大家就能听到。', yourTurnSeen: '你已连麦。准备好后，打开麦克风和摄像头。', onStage: '连麦中', offStage: '你已下麦。', leaveStage: '下麦' },
  mic: { on: '开麦', off: '静音' },
  camera: { on: '开摄像头', off: '关摄像头' },
  screen: { share: '共享屏幕', stop: '停止共享' },
  checkin: {
    title: '签到', answer: '我到了', done: '签到成功', doneLate: '已签到（迟到）', openNow: '进行中', closed: '已结束', count: '{n} / {of} 已签到',
    lateCount: '其中迟到 {n} 人', missing: '还有 {n} 人未签到', notHere: '应到的人中有 {n} 人还没进来', status: { on_time: '准时', late: '迟到', absent: '缺席', pending: '未签到', make_up: '补签', none: '—' },
  },
  group: {
    title: '分组研讨', youAreIn: '你在{name}', hint: '只有本组听得到你说话、看得到这里的聊天。结束后自动回到主会场。', go: '知道了', backIn: '{time} 后返回',
    running: '正在分组研讨', size: '{n} 人', callBack: '叫大家回来', howMany: '组数', howLong: '时长', noEnd: '由我结束', deal: '随机分组', n: '第 {n} 组', task: '这一组做什么？',
    who: '成员分配', none: '留在主会场', open: '开始分组',
  },
  device: {
    mic: {
      denied: '浏览器没有麦克风权限。请点击地址栏旁的摄像头或锁形图标，允许使用麦克风，然后重试。',
      missing: '没有找到麦克风。请插上或换一个，然后重试。', busy: '麦克风正被其他程序占用。请关闭该程序，然后重试。',
      insecure: '浏览器只在安全页面上开放麦克风，请用 https 打开本页。', unsupported: '这个浏览器不能使用麦克风，请用 Chrome、Edge、Safari 或 Firefox 打开。', cancelled: '没有打开麦克风。', failed: '麦克风无法启动。请拔下重插，再试一次。',
    },
    camera: {
      denied: '浏览器没有摄像头权限。请点击地址栏旁的摄像头或锁形图标，允许使用摄像头，然后重试；也可以只用声音开播。',
      missing: '没有找到摄像头。请插上一个，或只用声音开播。', busy: '摄像头正被其他程序占用。请关闭该程序，然后重试。',
      insecure: '浏览器只在安全页面上开放摄像头，请用 https 打开本页。', unsupported: '这个浏览器不能使用摄像头，请用 Chrome、Edge、Safari 或 Firefox 打开。', cancelled: '没有打开摄像头。', failed: '摄像头无法启动。请拔下重插，再试一次。',
    },
    screen: {
      denied: '没有共享屏幕。', missing: '没有可共享的内容。', busy: '系统不允许共享。在 Mac 上，请到“系统设置”里允许浏览器录制屏幕。',
      insecure: '浏览器只在安全页面上开放屏幕共享，请用 https 打开本页。', unsupported: '这个浏览器不能共享屏幕，请在电脑上用 Chrome、Edge 或 Firefox。', cancelled: '没有共享屏幕。', failed: '屏幕共享没有成功，请再试一次。',
    },
  },
  studio: {
    agree: '同意并继续', preview: '我的摄像头', allowDevices: '请在浏览器的提示中允许使用摄像头和麦克风。', noCamera: '没有画面，也可以只用声音开播。', deviceCheck: '设备检查', microphone: '麦克风', camera: '摄像头',
    deviceN: '设备 {n}', micLevel: '麦克风音量', speakNow: '说句话，音量条应该会动。', goLive: '开始直播', goBack: '继续直播', recorded: '开播即开始录制。', recordedConsent: '开播即开始录制，学员进入时已同意。',
    invite: '学员链接', copy: '复制', copied: '已复制', recording: '正在录制', whatLearnersSee: '学员看到的画面', end: '结束', endTitle: '结束本场直播？', endText: '在场 {n} 人的直播都会结束，回放马上就有。', endConfirm: '结束直播', endCancel: '继续直播',
    recordingTrouble: {
      disk_full: '录制无法保存：服务器磁盘已满。直播不受影响。请立即联系管理员清理空间，这期间的录制会在内存里暂存一小段时间。',
      disk_slow: '服务器磁盘太慢，部分录制可能丢失。直播不受影响，请告知管理员。',
      other: '录制出现问题，可能不完整。直播不受影响，请告知管理员。',
    },
    replayComing: '正在收好回放…', replayReady: '回放已就绪', replayFailed: '回放没有做成', replayFailedText: '录制内容没有丢失，请联系管理员查看服务器日志。',
  },
  health: {
    title: '网络异常：{names}', titleMore: '{n} 人网络异常：{names}…', since: '已持续 {time}', away: '现在不在课堂里：可能已关闭页面，或断网了。用原来的链接就能回来。',
    record: '网络异常记录', recordNone: '没有人出现网络异常', lasting: '仍在持续', from: '开始', until: '结束', lasted: '持续', what: '情况',
    media_lost: { what: '音视频已中断', advice: '系统已提示对方重连。若一直不恢复，请对方打开“网络检测”。' },
    sending_lossy: { what: '对方的声音和画面传输受损', advice: '请对方关闭摄像头，或用网线代替 Wi-Fi。' },
    receiving_lossy: { what: '对方接收时丢包严重', advice: '多半是 Wi-Fi 的问题：用网线，或靠近路由器。' },
    receiving_paused: { what: '网速不足以看画面，只有声音', advice: '对方能听到您。只在屏幕上显示的内容请读出来。' },
    slow_answers: { what: '对方的反应会晚到', advice: '提问后请稍等片刻。' },
  },
  connection: {
    link: '检测网络', title: '网络检测', text: '看看你的网络和这台设备放行了什么。只需几秒，不会发送声音和画面。',
    network: '网络', devices: '这台设备', again: '重新检测', heard: '听到提示音了吗？', yes: '听到了', no: '没有',
    check: { server: '服务器', socket: '课堂消息（WebSocket）', udp: '音视频快速通道（UDP）', tcp: '音视频 TCP 通道', turn: '音视频中继（TURN）', microphone: '麦克风', camera: '摄像头', speaker: '扬声器' },
    state: { waiting: '尚未检测', running: '检测中…', good: '正常', blocked: '不通', skipped: '未检测' },
    verdict: {
      running: '正在检测你的网络…', good: '上课需要的都能通。', tcpOnly: '可以上课，走 TCP 通道。网络差时画面可能停顿；快速通道（UDP）被拦截。', relayOnly: '可以上课，经由中继。直连通道被拦截。',
      broadcastOnly: '可以看直播（晚几秒）并参与课堂，但不能发言。请把下面的文字交给 IT 部门。', noClass: '网页能打开，但课堂连不上。请把下面的文字交给 IT 部门。', offline: '连不上服务器，请检查这台设备的网络。',
    },
    advice: {
      server: '检查 Wi-Fi、网线或 VPN，再重新检测。', socket: '代理或安全软件拦截了 WebSocket。请关闭 VPN 或换个网络试试，并把下面的文字交给 IT 部门。',
      udp: '防火墙拦截了 UDP。下面有一条通道正常即可上课。关闭 VPN 往往有用。', tcp: '防火墙拦截了这个端口。只有 UDP 也不通时才有影响。', turn: '从这里连不上中继。只有直连都不通时才有影响。',
      speaker: '调大音量，在系统设置里选对输出设备，并检查耳机是否插好。',
    },
    noRelay: '这台服务器没有配置中继。', relaySignIn: '登录，或从课堂里打开本页，才能检测中继。',
    try: { microphone: '检测麦克风', camera: '检测摄像头', speaker: '播放提示音' },
    it: {
      title: '给 IT 部门', text: '请放行以下地址，之后检测应全部正常。', textGood: '无需操作。上课用到的就是这些地址。', copy: '复制', intro: 'Lectern（直播培训）需要从本网络访问：', good: '正常', blocked: '不通', untested: '未检测',
      web: '网页和课堂', media: '音视频 {protocol}，出站并允许返回', turn: '中继（TURN）',
    },
  },
  network: { grade0: '未连接', grade1: '网络很差', grade2: '网络较弱', grade3: '网络一般', grade4: '网络良好', details: '往返 {ms} 毫秒，丢包 {loss} %，发送 {kbps} kbit/s' },
  desk: {
    people: '成员', groups: '分组', online: '学员在线 {n} / {total}', whichChat: '哪个聊天', mainRoom: '主会场', hands: '举手', grant: '语音连麦', grantCamera: '视频连麦', soundOnly: '只用语音', invite: '邀请 {name} 连麦', onStage: '台上 {n} / {of}', endTalk: '下麦', remove: '移出 {name}', removeTitle: '移出 {name}？', removeText: '对方会离开本场，并且不能再进入。', removeConfirm: '移出',
    nobody: '还没有人来，把链接发给学员吧。', noQuestions: '还没有提问', publish: '公开', dismiss: '不回答', answerPlaceholder: '文字回答（可不填）', answerText: '回答', answeredLive: '已现场回答',
    newPoll: '新建投票', pollQuestion: '问题', pollOption: '选项 {n}', removeOption: '删除选项 {n}', addOption: '加一个选项', pollShow: '学员何时看到结果', pollStart: '发起投票', pollClose: '结束投票',
    show: { live: '实时', after_close: '结束后', staff_only: '不公布' },
    newCheckin: '发起签到', checkinMessage: '提示语（可不填）', checkinPlaceholder: '大家都到了吗？', checkinLate: '多久后算迟到', checkinNobodyLate: '不计迟到', checkinMinutes: '准时签到时限', minutes: '{n} 分钟', checkinStart: '开始签到', checkinClose: '结束签到',
  },
  replay: {
    play: '播放', pause: '暂停', seek: '进度', speed: '倍速', sound: '声音', swap: '交换画面', moments: '课堂片段', noMoments: '本场没有投票和提问', resumed: '已从上次的位置继续', restart: '从头看',
    kind: { poll: '投票', question: '提问', checkin: '签到', breakout: '分组' }, download: '下载 MP4', preparing: '正在准备下载… {n} %', notReady: '回放还没好', notReadyText: '正在收尾，好了会自动打开。', failed: '回放没有做成',
    failedText: '录制内容没有丢失，请联系管理员。', cannotPlay: '视频放不出来', cannotPlayText: '请检查网络，然后重试。', cut: '剪微课', answer: '回答', resultOf: '{n} 票',
  },
  editor: {
    cut: '剪微课', title: '剪微课', name: '标题', namePlaceholder: '一个知识点，几个字说清', from: '起点', to: '终点', markIn: '设为起点', markOut: '设为终点', length: '时长 {time}', good: '长度合适', long: '超过 15 分钟，很少有人能看完，建议分成两段。', very_long: '超过 20 分钟，请分段剪。', too_short: '太短了，请把终点移到起点之后。',
    create: '生成微课', clips: '本回放的微课', none: '还没有。选一段，起个标题。', publish: '发布', published: '已发布', watch: '观看', retry: '重试', remove: '删除', keys: '快捷键：空格播放，I 起点，O 终点，← → 五秒（在起止手柄上为一秒），加 Shift 十秒',
    state: { draft: '草稿', processing: '制作中', ready: '待发布', published: '已发布', failed: '失败' }, estimate: '约剩 {n} 秒', preview: '播放选段',
  },
  watch: { title: '微课', empty: '还没有微课', emptyText: '发布后会出现在这里。', notReady: '这节微课还没做好', minutes: '{time}' },
  admin: {
    sessions: '场次', people: '人员', questions: '题库', replays: '回放', keys: 'API 密钥', audit: '审计', nav: '管理', notAllowed: '这里只对管理员开放', notAllowedText: '如需权限，请联系本单位管理员。', all: '全部',
    state: { scheduled: '未开始', live: '直播中', ended: '已结束' }, onlineNow: '在线 {n} 人', attended: '实到', start: '开始', presenter: '主播', title: '标题', status: '状态', name: '姓名', number: '工号', department: '部门', roles: '角色', active: '在职', inactive: '停用', noResults: '没有符合的结果',
    importPeople: '导入人员（CSV）', importRoster: '导入应到名单（CSV）', importDone: '新增 {added}，更新 {updated}，未变 {unchanged}', importErrors: '有 {n} 行没有导入', line: '第 {n} 行', columns: '列：external_id、name、department',
    duration: '时长', viewing: '观看情况', microcourses: '微课', replay: '回放', open: '打开', actions: '操作',
  },
  attendance: {
    title: '考勤', csv: '导出 CSV', rate: '实到 {n} / 应到 {of}（{p} %）', guests: '访客 {n} 人', came: '是否到场', bar: '在场情况', minutes: '在场分钟', checkin: '签到', answers: '作答', replayMinutes: '回放分钟', guest: '访客', none: '没有应到名单，也没有人到场', present: '在场', away: '离开', barOf: '{name}：在场 {n} 分钟', studio: '演播室', roomLink: '直播间', watched: '回放 {n} 分钟', presentMinutes: '{n} 分钟',
  },
  viewing: { title: '观看情况', viewers: '观看人数', bounce: '不足 10 秒就离开', reached80: '看到 80 %', full: '全部看完', coverage: '覆盖率', completed: '已完成', notCompleted: '未完成', minutes: '分钟', last: '最近观看', heat: '每秒观看人数', heatTable: '看表格', from: '起点', peak: '最多人数', nobody: '还没有人看过' },
  keys: { title: 'API 密钥', text: '供程序创建场次、读取数据。每个密钥只给需要的权限。', name: '用途', scopes: '权限', create: '新建密钥', created: '请现在复制密钥，之后不再显示。', remove: '吊销', removeTitle: '吊销“{name}”？', removeText: '使用它的程序会立即失效。', none: '还没有密钥', made: '创建时间', revoked: '已吊销' },
  streamKeys: {
    title: '推流密钥', open: 'OBS 等推流软件', text: '有了推流密钥，就可以用 OBS、ffmpeg 等软件把画面推到本场，或用播放器观看。密钥随时可以吊销。', name: '名称', use: '用于', publish: '推流', watch: '观看', expiry: '有效期', expires0: '吊销前一直有效', expires1: '一天', expires30: '30 天', own: '以我的身份推流', create: '新建密钥',
    created: '请现在复制密钥，之后不再显示。', server: '服务器', key: '密钥', copyWhat: '复制：{what}', howTo: '设置 OBS',
    obs1: '设置 → 直播：服务选 WHIP，粘贴服务器地址，并把密钥填为 Bearer 令牌。', obs2: '设置 → 输出 → 高级：编码器选 H.264，关键帧间隔 1 或 2 秒，不用 B 帧。', obs3: '先在这里开始直播，再在 OBS 里点“开始直播”。', obs4: '如果 OBS 断线，用同一个密钥重新开始即可，新画面会接替旧画面。',
    inUse: '使用中', unused: '从未使用', lastUsed: '最近使用：{when}', until: '有效至 {when}', revoke: '吊销', revokeTitle: '吊销“{name}”？', revokeText: '正在用它推送或观看的画面会立即中断。',
  },
  audit: { title: '审计', when: '时间', who: '操作人', what: '操作', object: '对象', system: '系统' },
  error: {
    internal: '我们这边出了问题，请再试一次。', unreachable: '连不上服务器，请检查网络。', too_many_waiting: '等待发送的操作太多了。', left: '你已离开本场。',
    token_invalid: '这个链接无效，请要一个新的。', token_expired: '这个链接已过期，请要一个新的。', session_not_found: '没有这个场次，请核对链接。', session_over: '本场已结束。', removed: '你已被移出本场。', consent_required: '请先阅读并同意记录说明。',
    poll_open: '请先结束这次投票，再问一次。', ballot_elsewhere: '你已在另一台设备或另一个浏览器中回答，请在那里修改。', ballot_secret_missing: '这是匿名投票。请刷新页面后再回答。', answer_invalid: '回答与题目不符，请重新作答。', option_unknown: '这个选项已不存在。', options_count_invalid: '请给出 2 到 10 个选项。', options_repeated: '有两个选项相同。', right_answer_invalid: '正确答案与选项不符。', rating_scale_invalid: '分值应在 0 到 10 之间。', choices_limit_invalid: '可选数量与选项不符。', instant_without_answer: '请标出正确答案，才能立即反馈。', instant_anonymous: '匿名题无法告诉每个人对错。', line_unclear: '这一行不属于任何题目。', answer_unknown: '答案不在选项之中。', pair_incomplete: '每一对请写成“左 -> 右”。', questions_too_many: '每个题组最多 200 题。', questions_unclear: '有几行无法识别，见下方标出的行。', set_changed: '题组已被他人修改。请复制你的文字后刷新。', set_not_found: '这个题组已不存在。', poll_untimed: '这次投票没有限时。',
    not_allowed: '你没有这个权限，请联系主持人。', poll_closed: '投票已结束。', checkin_closed: '签到已结束，请告诉主持人你到了。', media_unavailable: '暂时没有视频，正在重试。', not_joined: '你还没有进入课堂。', no_common_codec: '你的浏览器放不了这个视频。', sdp_invalid: '浏览器与服务器没有谈拢。',
    sign_in_failed: '账号或密码不对。', sign_in_required: '请先登录。', too_many_tries: '尝试次数太多，请等一分钟再试。', too_fast: '操作有点快，请稍后再试。',
    not_found: '没有找到，或者你没有权限。', not_invited: '你不在本场名单里，请联系主持人。', not_your_session: '这不是你的场次。', token_foreign: '这个链接属于另一个场次。',
    breakout_already_open: '已经在分组研讨了。', breakout_closed: '分组已结束。', checkin_already_open: '已有一次签到在进行。', session_not_live: '还没有开播。', hand_not_raised: '手已经放下了。', stage_full: '台上 12 个位置已满。请先让一位下麦。', not_invitable: '对方已离开，或者不是学员。',
    replay_not_ready: '回放还没好。', replay_not_found: '没有这个回放。', microcourse_not_found: '没有这节微课。', range_too_short: '选段太短。', range_outside: '选段超出了回放。', source_unreadable: '录制内容读取失败，请重试或换一段。',
    file_empty: '文件是空的。', file_invalid: '文件读不出来，请另存为 CSV（UTF-8）。', file_too_long: '行数太多，请分成几个文件。', column_missing: '缺少列，需要 external_id、name、department。', name_missing: '请填写姓名。', text_empty: '请先写点内容。', title_empty: '请填写标题。',
  },
}

export default zh
