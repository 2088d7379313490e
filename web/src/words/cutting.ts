/** Words of the microcourse editor, in both languages. They come with its page. */
import { i18n } from './index'

export const en = {
  cutting: {
    parts: 'Parts', part: 'Part {n}', ofParts: '{n} part | {n} parts', total: 'Length {time}', range: '{from} – {to}', start: 'Start of part {n}', end: 'End of part {n}', startHere: 'Start here', endHere: 'End here',
    split: 'Split here', cutFrom: 'Cut out from here', cutTo: '… to here', cutCancel: 'Do not cut out', remove: 'Remove part', join: 'Join with next', earlier: 'Show part {n} earlier', later: 'Show part {n} later', undo: 'Undo', redo: 'Redo', addHere: 'Add a part here', tools: 'Tools',
    preview: 'Play the result', stop: 'Stop', keys: 'Keys: Space play · I start here, O end here · S split · Delete remove part · Ctrl+Z undo, Ctrl+Y redo · arrows on a handle: 1 s, with Shift 0.1 s',
    title: 'Title', titlePlaceholder: 'One idea, in a few words', subtitle: 'Second line of the title card (optional)', arrangement: 'While slides and camera are seen', inset: 'camera in the corner', side_by_side: 'side by side', produce: 'Make microcourse', produceAgain: 'Make a new version', producing: 'It is in the making. You can go on with something else.',
    saved: 'Saved', saving: 'Saving…', unsaved: 'Not saved', somebody: 'somebody with a link', decide: 'Decide',
    drafts: 'Drafts', noDrafts: 'Nothing saved yet. Move an end of the marked part, and the first draft is saved.', untitled: 'Untitled', newDraft: 'New draft', dropDraft: 'Delete draft', dropTitle: 'Delete the draft “{title}”?', dropText: 'It goes off this list for everybody. A microcourse that was made of it stays.', made: 'made',
    hereToo: 'Also in this draft now: {names}', hereElse: 'Now at other drafts of this replay: {names}', youToo: 'you, in another window', changedBy: '{name} has changed this draft: you see the newest.',
    conflictTitle: 'Changed in the meantime', conflictText: '{name} saved this draft {when}, after you had last seen it. Your change is not saved yet:', theirs: 'Theirs, the newest', mine: 'Yours', takeTheirs: 'Take theirs', keepMine: 'Keep mine', keepText: 'Keep mine: your version becomes the newest. Theirs stays one step of Undo away.',
    did: { trim: 'move an end of part {n}', add: 'add a part', remove: 'remove part {n}', join: 'join part {n} with the next', cut_out: 'cut out {from} – {to}', split: 'split part {n}', move: 'move part {n}', name: 'change the title to “{title}”', arrange: 'change the arrangement', set_chapter: 'set a chapter', drop_chapter: 'remove a chapter', derive_chapters: 'go back to the chapters of the class', undo: 'undo', redo: 'redo' },
    timeline: 'Time line', zoomIn: 'Zoom in', zoomOut: 'Zoom out', whole: 'Whole replay', scroll: 'Scroll the time line', goTo: 'Go to {at}: {what}', dropOff: 'Still watching the replay', dropOffMost: 'at most {n} viewer | at most {n} viewers', sound: 'Sound', scenes: 'Scene changes: {n}', class: 'Class', gap: 'Missing: {from} – {to}', hearing: 'Sound and scene changes are being read: {n}%',
    pick: 'Pick from the class', pickWhat: 'A chapter, a question with its answer, or a poll', pickAdd: 'Add as part', pickNew: 'As a new draft', kind: { own: 'Chapter', start: 'Start', poll: 'Poll', question: 'Question', checkin: 'Check-in', breakout: 'Groups', outcome: 'Group result', group_pool: 'Questions sorted', standing: 'Final standing' },
    chaptersOf: { microcourse: 'Chapters of this microcourse', chapters: 'Chapters of the whole replay' }, chaptersHint: 'Until you set some, they follow from what happened in class.', chapterHere: 'Chapter at {at}', chapterTitle: 'Title of the chapter', chapterSet: 'Set', chapterRemove: 'Remove the chapter “{title}”', chapterRename: 'Title of the chapter at {at}', chaptersDerive: 'Back to those of the class', noChapters: 'No chapters',
    proposal: 'Proposed lessons', proposalText: 'Cut where the class itself paused: each end says why.', proposalRunning: 'Being worked out: {n}%', proposalNone: 'Nothing is proposed for this replay.', accept: 'Take as draft', acceptAll: 'Take all {n} as drafts', taken: 'Taken', proposed: 'Proposed: {title}, {from} – {to}', begins: 'Begins at {at}: {why}', ends: 'Ends at {at}: {why}', lesson: 'Lesson {n}', notes: 'What could not be met',
    why: {
      replay_began: 'the replay begins', replay_ended: 'the replay ends', pause: 'a pause of {s} s in the speech', scene: 'the picture changes', poll_opened: 'a poll opens', poll_closed: 'a poll closes', question_taken: 'a question is taken up', question_answered: 'a question is answered', checkin_opened: 'a check-in opens', checkin_closed: 'a check-in closes',
      breakout_began: 'the groups begin', breakout_ended: 'the groups end', pause_began: 'the recording pauses', pause_ended: 'the recording goes on', chapter: 'a chapter begins', joint: 'the recording goes on after a gap',
    },
    note: {
      left_out_quiet: 'left out: nothing is heard', left_out_pause: 'left out: a pause', left_out_breakout: 'left out: group work', left_out_checkin: 'left out: a check-in', too_short: 'shorter than five minutes', too_long: 'longer than ten minutes', no_pause: 'no good place to cut', poll_kept_whole: 'a poll is kept whole', question_kept_whole: 'a question is kept whole', checkin_kept_whole: 'a check-in is kept whole', breakout_kept_whole: 'group work is kept whole',
      no_sound: 'no sound to go by', sound_ends_early: 'the sound ends early', no_screen: 'no slides to go by', screen_ends_early: 'the slides end early',
    },
  },
}

export type CuttingWords = typeof en

export const zh: CuttingWords = {
  cutting: {
    parts: '片段', part: '片段 {n}', ofParts: '{n} 个片段', total: '时长 {time}', range: '从 {from} 到 {to}', start: '片段 {n} 的起点', end: '片段 {n} 的终点', startHere: '设为起点', endHere: '设为终点',
    split: '在此拆分', cutFrom: '从这里剪掉', cutTo: '……到这里', cutCancel: '取消剪掉', remove: '移除片段', join: '与下一段合并', earlier: '片段 {n} 前移', later: '片段 {n} 后移', undo: '撤销', redo: '重做', addHere: '在此添加片段', tools: '工具',
    preview: '播放成片', stop: '停止', keys: '快捷键：空格播放；I 设为起点，O 设为终点；S 拆分；Delete 移除片段；Ctrl+Z 撤销，Ctrl+Y 重做；在手柄上按方向键移动 1 秒，加 Shift 为 0.1 秒',
    title: '标题', titlePlaceholder: '一个知识点，几个字说清', subtitle: '片头第二行（选填）', arrangement: '课件与摄像头同时出现时', inset: '摄像头放在角上', side_by_side: '左右并排', produce: '生成微课', produceAgain: '生成新版本', producing: '正在制作，你可以先做别的。',
    saved: '已保存', saving: '正在保存…', unsaved: '未保存', somebody: '通过链接进入的人', decide: '去处理',
    drafts: '草稿', noDrafts: '还没有保存的草稿。移动选段的一端，就会保存第一份草稿。', untitled: '未命名', newDraft: '新建草稿', dropDraft: '删除草稿', dropTitle: '删除草稿“{title}”？', dropText: '所有人都不再看到它。已生成的微课会保留。', made: '已生成',
    hereToo: '同时在编辑这份草稿：{names}', hereElse: '正在编辑本回放的其他草稿：{names}', youToo: '你的另一个窗口', changedBy: '{name} 改动了这份草稿，现在显示的是最新版。',
    conflictTitle: '草稿已被他人改动', conflictText: '{name} 于 {when} 保存了这份草稿，你还没看到。你的这次改动尚未保存：', theirs: '对方的（最新）', mine: '你的', takeTheirs: '采用对方的', keepMine: '保留我的', keepText: '保留我的：你的版本成为最新版；对方的版本撤销一步即可找回。',
    did: { trim: '移动片段 {n} 的一端', add: '添加片段', remove: '移除片段 {n}', join: '合并片段 {n} 与下一段', cut_out: '剪掉 {from} 到 {to}', split: '拆分片段 {n}', move: '移动片段 {n} 的顺序', name: '标题改为“{title}”', arrange: '改变画面布局', set_chapter: '设置章节', drop_chapter: '移除章节', derive_chapters: '恢复课堂章节', undo: '撤销', redo: '重做' },
    timeline: '时间轴', zoomIn: '放大', zoomOut: '缩小', whole: '整个回放', scroll: '滚动时间轴', goTo: '跳到 {at}：{what}', dropOff: '仍在观看回放', dropOffMost: '最多 {n} 人', sound: '声音', scenes: '画面切换 {n} 处', class: '课堂', gap: '缺失：{from} 到 {to}', hearing: '正在分析声音与画面切换：{n}%',
    pick: '从课堂中选取', pickWhat: '一章、一个提问及其回答，或一次投票', pickAdd: '添加为片段', pickNew: '另存为新草稿', kind: { own: '章节', start: '开始', poll: '投票', question: '提问', checkin: '签到', breakout: '分组', outcome: '小组成果', group_pool: '问题整理', standing: '最终名次' },
    chaptersOf: { microcourse: '本微课的章节', chapters: '整个回放的章节' }, chaptersHint: '未设置时，章节按课堂活动自动生成。', chapterHere: '在 {at} 设章节', chapterTitle: '章节标题', chapterSet: '设置', chapterRemove: '移除章节“{title}”', chapterRename: '{at} 的章节标题', chaptersDerive: '恢复课堂章节', noChapters: '没有章节',
    proposal: '剪辑建议', proposalText: '在课堂自然停顿处切分，每个切点都说明理由。', proposalRunning: '正在分析：{n}%', proposalNone: '这场回放没有剪辑建议。', accept: '采用为草稿', acceptAll: '全部采用为草稿（{n} 个）', taken: '已采用', proposed: '建议：{title}，{from} 到 {to}', begins: '起于 {at}：{why}', ends: '止于 {at}：{why}', lesson: '第 {n} 节', notes: '未能满足之处',
    why: {
      replay_began: '回放开始', replay_ended: '回放结束', pause: '讲话停顿 {s} 秒', scene: '画面切换', poll_opened: '投票开始', poll_closed: '投票结束', question_taken: '开始回答提问', question_answered: '提问回答完毕', checkin_opened: '签到开始', checkin_closed: '签到结束',
      breakout_began: '分组开始', breakout_ended: '分组结束', pause_began: '录制暂停', pause_ended: '录制继续', chapter: '新的一章', joint: '录制中断后继续',
    },
    note: {
      left_out_quiet: '已略去：没有声音', left_out_pause: '已略去：暂停', left_out_breakout: '已略去：分组研讨', left_out_checkin: '已略去：签到', too_short: '不足五分钟', too_long: '超过十分钟', no_pause: '没有合适的切点', poll_kept_whole: '投票保持完整', question_kept_whole: '提问保持完整', checkin_kept_whole: '签到保持完整', breakout_kept_whole: '分组研讨保持完整',
      no_sound: '没有声音可供判断', sound_ends_early: '声音提前结束', no_screen: '没有课件画面可供判断', screen_ends_early: '课件画面提前结束',
    },
  },
}

i18n.global.mergeLocaleMessage('en', en)
i18n.global.mergeLocaleMessage('zh-CN', zh)
