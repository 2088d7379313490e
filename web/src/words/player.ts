/** Words of the player, in both languages. They come with the pages that play: a room's first load does without. */
import { i18n } from './index'

export const en = {
  inPicture: 'Picture in picture', soundOnly: 'Sound only', soundOnlyText: 'Only the sound is loaded, which saves data.', showPicture: 'Show the picture', more: 'Keys of the player',
  offline: 'The network is gone', offlineText: 'It goes on by itself when the network is back. What you have watched is kept.',
  speedIs: 'Speed {n}×', mutedIs: 'Sound off', soundIs: 'Sound on', noCaptions: 'There are no captions', noChapters: 'There are no chapters',
  resumedElsewhere: 'Continued where you stopped last, on another device ({at})', further: 'Go to {at}, where you were further',
  keys: {
    title: 'Keys of the player', toggle: 'Play or pause', ten: 'Ten seconds back or on', five: 'Five seconds back or on; ten with Shift', share: 'To the beginning … to nine tenths', chapter: 'Previous or next chapter', speed: 'Slower or faster', mute: 'Sound off or on', captions: 'Captions off or on', fill: 'Full screen', help: 'This list',
  },
}

export type PlayerWords = typeof en

export const zh: PlayerWords = {
  inPicture: '画中画', soundOnly: '只听声音', soundOnlyText: '现在只加载声音，省流量。', showPicture: '显示画面', more: '播放器快捷键',
  offline: '网络断开了', offlineText: '网络恢复后会自动继续。已看的部分都留着。',
  speedIs: '{n} 倍速', mutedIs: '已静音', soundIs: '已打开声音', noCaptions: '没有字幕', noChapters: '没有章节',
  resumedElsewhere: '已从上次在另一台设备上的位置（{at}）继续', further: '跳到看得更远的 {at}',
  keys: {
    title: '播放器快捷键', toggle: '播放或暂停', ten: '后退或前进十秒', five: '后退或前进五秒，加 Shift 十秒', share: '跳到开头……十分之九处', chapter: '上一章、下一章', speed: '减速或加速', mute: '关闭或打开声音', captions: '关闭或打开字幕', fill: '全屏', help: '显示这张表',
  },
}

i18n.global.mergeLocaleMessage('en', { player: en })
i18n.global.mergeLocaleMessage('zh-CN', { player: zh })
