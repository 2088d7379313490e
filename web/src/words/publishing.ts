/** Words about publishing replays, in both languages. They come with their pages: a room's first load does without. */
import { i18n } from './index'

export const en = {
  madeIn: 'about {n} min', unfinished: 'The video for download and for slow networks is not made.', unfinishedPlays: 'The replay itself plays as it was recorded.', tryAgain: 'Try again',
  held: 'Not published', shown: 'Published', heldTitle: 'Not published yet', heldText: 'The lesson was recorded. Its presenter, its host or an administrator decides whether it can be watched. Once it is published, you find it here.',
  title: 'Replay', atEnd: 'When the lesson is over', asOrg: 'As the organisation has it: {what}', atOnce: 'learners can watch it at once', byDecision: 'held until somebody publishes it', ownAtOnce: 'Learners can watch it at once', ownByDecision: 'Held until somebody publishes it',
  youSee: 'Learners cannot watch this replay. They read that it was recorded and is not published yet.', takenBack: '{name} took it back: {when}', publish: 'Publish', published: 'Learners can watch this replay.', publishedBy: '{name} published it: {when}', takeBack: 'Take it back', takeBackTitle: 'Take the replay back?',
  takeBackText: 'Learners cannot watch it any more, even where they have it open. Nothing that was recorded is deleted, what they have watched stays on record, and it can be published again.', cutStay: '{n} microcourse that was cut from it stays published. | {n} microcourses that were cut from it stay published.', othersDecide: 'Its presenter, its host or an administrator publishes it.',
  asideWithin: 'What was said aside may be in this replay, because the recording could not be turned off in time. Look there before you publish:', asides: '{n} moment was not for the replay | {n} moments were not for the replay', asideSeconds: 'about {n} s', asideMinutes: 'about {n} min', asideNote: 'What was said aside in the lesson is not in the replay; it goes on right behind it.',
  keptAside: '{n} moment was not for the replay: nobody can watch it, but its recording is kept. | {n} moments were not for the replay: nobody can watch them, but their recordings are kept.', eraseAside: 'Erase for good', eraseAsideTitle: 'Erase what was not for the replay?', eraseAsideText: 'Sound and picture of these moments are deleted from every disk of this installation; a machine that is off does so when it is back. The replay stays as it is. There is no way back.', erasingAside: 'What was not for the replay is being erased.', erasedAside: 'What was not for the replay is erased.', erasedAsideBy: 'What was not for the replay is erased ({name}, {when}).',
  learners: 'Learners in the replay', learners_unseen: 'Without learners’ cameras', learners_unheard: 'Without learners’ voices', learners_unnamed: 'Without saying who took part', learnersHelp: 'On stage learners are seen and heard live. What is left out is not recorded at all, so whoever follows by broadcast, where a network blocks live media, misses it too. It is fixed when the lesson begins. Chat is in no replay.', learnersLive: 'This was fixed when the lesson began.',
  onlyLive: { mic: 'Your voice is heard live only. It is not in the replay.', camera: 'Your camera is seen live only. It is not in the replay.', both: 'You are seen and heard live only. You are not in the replay.' },
  orgRule: 'Replays are held until somebody publishes them', orgRuleHelp: 'A lesson can say otherwise. What is over stays as it was decided.',
}

export const zh: typeof en = {
  madeIn: '约 {n} 分钟', unfinished: '供下载和慢速网络使用的视频没有做成。', unfinishedPlays: '回放本身仍按录制内容播放。', tryAgain: '重试',
  held: '未发布', shown: '已发布', heldTitle: '回放还没有发布', heldText: '本场已录制，是否开放回看由讲师、主持人或管理员决定。发布后可以在这里观看。',
  title: '回放', atEnd: '下课之后', asOrg: '按单位规则：{what}', atOnce: '学员可以马上回看', byDecision: '先保留，有人发布后才能看', ownAtOnce: '学员可以马上回看', ownByDecision: '先保留，有人发布后才能看',
  youSee: '学员暂时看不到这个回放，页面会提示“已录制，还没有发布”。', takenBack: '{name} 撤回：{when}', publish: '发布回放', published: '学员可以观看这个回放。', publishedBy: '{name} 发布：{when}', takeBack: '撤回', takeBackTitle: '撤回这个回放？',
  takeBackText: '学员将不能再观看，已经打开的页面也会停止播放。录制内容不会删除，观看记录会保留，之后可以再次发布。', cutStay: '从中剪出的 {n} 个微课仍然对学员可见。', othersDecide: '由本场的讲师、主持人或管理员发布。',
  asideWithin: '有一段“不录入回放”的内容可能留在了回放里，因为当时没能及时停止录制。发布前请先看这里：', asides: '有 {n} 处内容讲师没有录入回放', asideSeconds: '约 {n} 秒', asideMinutes: '约 {n} 分钟', asideNote: '这些内容只在直播中讲过，回放会直接跳到后面继续。',
  keptAside: '有 {n} 处内容没有录入回放：没有人能观看，但录制文件还保留着。', eraseAside: '彻底删除', eraseAsideTitle: '彻底删除没有录入回放的内容？', eraseAsideText: '这些内容的声音和画面会从本系统的所有磁盘上删除（关机的服务器会在恢复后立即删除），回放不受影响。删除后无法恢复。', erasingAside: '正在删除没有录入回放的内容。', erasedAside: '没有录入回放的内容已彻底删除。', erasedAsideBy: '没有录入回放的内容已彻底删除（{name}，{when}）。',
  learners: '回放中的学员', learners_unseen: '不含学员画面', learners_unheard: '不含学员声音', learners_unnamed: '不显示是谁参与', learnersHelp: '上台的学员在直播中照常可见可听。去掉的内容完全不录制，因此网络受限、只能看广播的人也看不到。开始直播后不能再改。聊天内容不会进入回放。', learnersLive: '开始直播时已确定，不能再改。',
  onlyLive: { mic: '你的声音只在直播中播出，不会录入回放。', camera: '你的画面只在直播中播出，不会录入回放。', both: '你的画面和声音只在直播中播出，不会录入回放。' },
  orgRule: '回放先保留，有人发布后学员才能看', orgRuleHelp: '单场可以另行设置。已经结束的场次不受影响。',
}

export type PublishingWords = typeof en

const refusedEn = { nothing_failed: 'The video of this replay is being made, is there already, or an administrator holds it.' }
const refusedZh: typeof refusedEn = { nothing_failed: '回放视频正在制作、已经做好，或被管理员暂停。' }

i18n.global.mergeLocaleMessage('en', { publishing: en, error: refusedEn })
i18n.global.mergeLocaleMessage('zh-CN', { publishing: zh, error: refusedZh })
