/** Words of looking back at a lesson that goes on. They come with the broadcast: a room's first load does without. */
import { i18n } from './index'

export const en = {
  begun: 'Looking back. The class beside the picture goes on live.', isLive: 'Live again', loading: 'Loading…', tag: 'Looking back · the class is live', soFar: 'The lesson so far', at: '{at}, {behind} behind live', live: 'Live, {behind} behind',
  pause: 'Pause', play: 'Play', toLive: 'Back to live', liveShort: 'Live',
}

export type PastWords = typeof en

export const zh: PastWords = {
  begun: '正在回看画面，旁边的课堂仍在实时进行。', isLive: '已回到直播', loading: '正在加载…', tag: '正在回看 · 课堂仍在进行', soFar: '本节课到目前为止', at: '{at}，落后直播 {behind}', live: '直播中，晚 {behind}',
  pause: '暂停', play: '播放', toLive: '回到直播', liveShort: '直播',
}

i18n.global.mergeLocaleMessage('en', { past: en })
i18n.global.mergeLocaleMessage('zh-CN', { past: zh })
