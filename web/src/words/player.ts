/** Words of the player, in both languages. They come with the pages that play: a room's first load does without. */
import { i18n } from './index'

export const en = {
  inPicture: 'Picture in picture', inSmallWindow: 'It plays in a small window.', bringBack: 'Bring it back here', unable: 'This browser cannot play lessons', unableText: 'Open this page in the browser of your phone or computer: in an app, use its menu (⋯).', refusedKey: 'This lesson is not open to you any more', refusedKeyText: 'Your sign-in has ended, or you may no longer watch it. Open the page again to see which.', openAgain: 'Open it again', unreadable: 'This browser cannot open this protected lesson', unreadableText: 'Update it, or use a current Chrome, Edge, Safari or Firefox.', soundOnly: 'Sound only', soundOnlyText: 'Only the sound is loaded, which saves data.', showPicture: 'Show the picture', more: 'Keys of the player', noPicture: 'This recording is sound alone.',
  uncounted: 'Some of what you watched was not counted. Open this page again and watch that part once more, in one window. If this comes back, tell whoever runs the training.',
  offline: 'The network is gone', offlineText: 'It goes on by itself when the network is back. What you have watched is kept.',
  speedIs: 'Speed {n}×', mutedIs: 'Sound off', soundIs: 'Sound on', noCaptions: 'There are no captions', noChapters: 'There are no chapters',
  captions: 'Captions', captionsOff: 'Captions off', captionsIn: 'Captions: {language}', captionsAway: 'The captions could not be loaded', chapters: 'Chapters', chapterStart: 'Beginning',
  notYet: 'This lesson is watched in order: you have come to {at}.', required: 'Required', whoIsMissing: 'Who has not watched it', inOrder: 'Watched in order, without skipping ahead', terms: 'Captions and rules', saved: 'Saved',
  ruleRequired: 'Required: learners are expected to watch all of it', ruleDue: 'To be watched by', ruleDueHelp: 'Whoever on the lesson’s roster has not watched it is reminded three days and one day before, and when it is over. Empty: no deadline.', dueBy: 'Please watch it by {when}', wasDue: 'It was due on {when}',
  ruleInOrder: 'No skipping ahead of what one has watched', ruleWatermark: 'The viewer’s name moves over the picture', watermarkDefault: 'As set for the organisation', watermarkOn: 'Yes', watermarkOff: 'No',
  captionsNone: 'No captions yet.', captionsOfReplay: '(from the replay)', captionsGet: 'Download captions: {language}', captionsDelete: 'Delete captions: {language}', captionsDeleted: 'Deleted: {language}', captionsLanguage: 'Language', captionsUpload: 'Upload a WebVTT file', captionsHelp: 'WebVTT (.vtt), UTF-8, at most 1 MB. Microcourses cut from a replay show its captions until they have their own.',
  captionsTaken: '{language}: {n} caption taken | {language}: {n} captions taken', line: 'Line {n}:',
  refused: { captions_invalid: 'The file was not taken. Correct these lines and upload it again:', captions_empty: 'There is no caption in this file.', captions_not_utf8: 'The file is not UTF-8. Save it as UTF-8 and upload it again.', captions_too_large: 'The file is larger than 1 MB.', body_too_large: 'The file is larger than 1 MB.', language_unknown: 'Choose a language from the list.', deadline_wrong: 'Choose a moment that is still to come.' },
  wrong: {
    header_missing: 'the first line has to be WEBVTT', time_unreadable: 'write the times as 00:01:02.500 --> 00:01:05.000', time_backwards: 'the end is not after the start', time_outside: 'this is after the end of the video', out_of_order: 'this starts before the caption above it',
    text_missing: 'there is no text under these times', text_too_long: 'this caption is too long', blank_line_missing: 'leave an empty line before the next times', too_many_cues: 'there are too many captions',
  },
  resumedElsewhere: 'Continued where you stopped last, on another device ({at})', further: 'Go to {at}, where you were further',
  keys: {
    title: 'Keys of the player', toggle: 'Play or pause', ten: 'Ten seconds back or on', five: 'Five seconds back or on; ten with Shift', share: 'To the beginning … to nine tenths', chapter: 'Previous or next chapter', speed: 'Slower or faster', mute: 'Sound off or on', captions: 'Captions off or on', fill: 'Full screen', help: 'This list',
  },
}

export type PlayerWords = typeof en

export const zh: PlayerWords = {
  inPicture: '画中画', inSmallWindow: '正在小窗口中播放。', bringBack: '回到这里播放', unable: '这个浏览器不能播放课程', unableText: '请用手机或电脑自带的浏览器打开本页；在应用内，可点右上角菜单（⋯）选择在浏览器中打开。', refusedKey: '你现在不能观看这节课', refusedKeyText: '登录已失效，或观看权限已收回。重新打开本页即可知道原因。', openAgain: '重新打开', unreadable: '这个浏览器打不开加密的课程', unreadableText: '请更新浏览器，或改用新版 Chrome、Edge、Safari 或 Firefox。', soundOnly: '只听声音', soundOnlyText: '现在只加载声音，省流量。', showPicture: '显示画面', more: '播放器快捷键', noPicture: '这段录制只有声音。',
  uncounted: '有一部分观看没有计入学时。请重新打开本页，只在一个窗口里把那一段再看一遍；如果再次出现，请告诉培训负责人。',
  offline: '网络断开了', offlineText: '网络恢复后会自动继续。已看的部分都留着。',
  speedIs: '{n} 倍速', mutedIs: '已静音', soundIs: '已打开声音', noCaptions: '没有字幕', noChapters: '没有章节',
  captions: '字幕', captionsOff: '字幕已关闭', captionsIn: '字幕：{language}', captionsAway: '字幕没有加载成功', chapters: '章节', chapterStart: '开头',
  notYet: '本课需按顺序观看，你目前看到 {at}。', required: '必修', whoIsMissing: '谁还没看完', inOrder: '按顺序观看，不能跳到没看过的部分', terms: '字幕与观看规则', saved: '已保存',
  ruleRequired: '必修：学员应看完全部内容', ruleDue: '看完期限', ruleDueHelp: '课程名单上还没看完的人，会在到期前三天、前一天和到期时收到提醒。不填则没有期限。', dueBy: '请在 {when} 前看完', wasDue: '期限是 {when}，已过',
  ruleInOrder: '不能跳到没看过的部分', ruleWatermark: '画面上浮动显示观看者姓名', watermarkDefault: '按单位的设置', watermarkOn: '显示', watermarkOff: '不显示',
  captionsNone: '还没有字幕。', captionsOfReplay: '（来自回放）', captionsGet: '下载字幕：{language}', captionsDelete: '删除字幕：{language}', captionsDeleted: '已删除：{language}', captionsLanguage: '语言', captionsUpload: '上传 WebVTT 文件', captionsHelp: 'WebVTT（.vtt）格式，UTF-8 编码，不超过 1 MB。由回放剪出的微课在有自己的字幕之前，显示回放的字幕。',
  captionsTaken: '{language}：已收入 {n} 条字幕', line: '第 {n} 行：',
  refused: { captions_invalid: '文件没有收入。请改正以下各行后重新上传：', captions_empty: '文件里没有字幕。', captions_not_utf8: '文件不是 UTF-8 编码，请另存为 UTF-8 后重新上传。', captions_too_large: '文件超过 1 MB。', body_too_large: '文件超过 1 MB。', language_unknown: '请从列表中选择语言。', deadline_wrong: '请选择一个将来的时间。' },
  wrong: {
    header_missing: '第一行应为 WEBVTT', time_unreadable: '时间应写成 00:01:02.500 --> 00:01:05.000', time_backwards: '结束时间不晚于开始时间', time_outside: '超出了视频长度', out_of_order: '开始时间早于上一条字幕',
    text_missing: '时间下面没有文字', text_too_long: '这条字幕太长', blank_line_missing: '下一条时间之前应空一行', too_many_cues: '字幕条数太多',
  },
  resumedElsewhere: '已从上次在另一台设备上的位置（{at}）继续', further: '跳到看得更远的 {at}',
  keys: {
    title: '播放器快捷键', toggle: '播放或暂停', ten: '后退或前进十秒', five: '后退或前进五秒，加 Shift 十秒', share: '跳到开头……十分之九处', chapter: '上一章、下一章', speed: '减速或加速', mute: '关闭或打开声音', captions: '关闭或打开字幕', fill: '全屏', help: '显示这张表',
  },
}

i18n.global.mergeLocaleMessage('en', { player: en })
i18n.global.mergeLocaleMessage('zh-CN', { player: zh })
