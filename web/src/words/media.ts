/** Words of the pages about media work and branding, in both languages. They come with these pages. */
import { i18n } from './index'

export const en = {
  mediaJobs: {
    title: 'Media jobs', nav: 'Media jobs', about: 'Replays, downloads and microcourses are made here, one step after the other. Nothing recorded is lost when a job fails.', none: 'No jobs here', nonePlain: 'A job appears when a lesson ends, or when somebody cuts a microcourse.',
    all: 'All', stateLabel: 'State', state: { open: 'Not done', queued: 'Waiting', running: 'Running', done: 'Done', failed: 'Failed', held: 'On hold' },
    kind: { compose: 'Finished replay', microcourse: 'Microcourse', clip: 'Intro or outro', signals: 'Reading for the editor' },
    step: { fetch: 'Fetching files', probe: 'Checking the source', loudness: 'Measuring the sound', sound: 'Making the sound', pictures: 'Making the picture', join: 'Putting it together', tiles: 'Small pictures', thumbnail: 'Cover picture', result: 'Describing it', publish: 'Handing it in' },
    stepOf: '{step}: {percent}%', left: 'about {time} left', seconds: '{n} s', minutes: '{n} min', on: 'on {worker}', attempt: 'attempt {n} of {of}', waitsSince: 'waiting since {when}', ended: 'ended {when}', why: 'Why: {reason}', todo: 'What to do: {todo}',
    act: { resume: 'Try again', hold: 'Hold', cancel: 'Cancel' }, cancelTitle: 'Cancel “{title}”?', cancelText: 'The job ends and what it has made so far is thrown away. The recording stays. You can try again later.', keep: 'Keep it',
    workers: 'Workers', seen: 'heard of in the last minute', noWorkers: 'No worker has been heard of in the last minute', noWorkersText: 'Jobs wait until one runs: start lectern worker, or look at its log.', own: 'beside the server', byToken: 'by token “{name}”', busy: '{n} job | {n} jobs', idle: 'nothing to do', auto: 'Refreshes by itself',
    tokens: 'Workers on other machines', tokensText: 'A worker on another machine needs a token and nothing else. Start it there with: lectern worker --server {url}', tokenName: 'Name of the machine', makeToken: 'Make a token', tokenMade: 'Copy the token now; it is not shown again.', takeBack: 'Take back', takenBack: 'Taken back', takeBackTitle: 'Take the token “{name}” back?', takeBackText: 'Its workers stop at once, and their jobs go to others.', made: 'Made', noTitle: 'Untitled',
  },
  branding: {
    title: 'Branding', nav: 'Branding', about: 'How microcourses begin and end. A change is seen in those that are cut from now on; what was cut stays as it is.', readOnly: 'Only administrators can change this.',
    looks: 'Looks', looksText: 'One look for each studio, academy or presenter. A microcourse has the look of whoever gave the lesson, else of whoever cuts it, else the default; its editor may choose another.', own: 'House look', isDefault: 'Default', retired: 'Retired', uses: '{n} microcourse | {n} microcourses', has: 'given to {n} person | given to {n} people', name: 'Name', newLook: 'New look', newText: 'It begins like “{like}” and is changed from there.', namePlaceholder: 'Sales academy', create: 'Make it',
    makeDefault: 'Make it the default', retire: 'Retire', useAgain: 'Use again', remove: 'Delete', retireTitle: 'Retire “{name}”?', retireText: 'It can be chosen no more, and whose it was have the default again. What was made in it stays, and can be made again.', removeTitle: 'Delete “{name}”?', removeText: 'This works only while nothing was made in it and no draft names it.', retiredText: 'This look is retired: nobody can choose it.',
    people: 'Whose look it is', peopleText: 'What these people teach or cut comes in this look by itself.', nobody: 'Nobody’s yet', person: 'Add somebody', personHint: 'By name or number', give: 'Add', takeFrom: 'Take it from {name}', leaveTitle: 'Not saved', leaveText: 'You have changed “{name}” and not saved it.', leave: 'Throw the changes away', stay: 'Stay here',
    intro: 'Intro clip', outro: 'Outro clip', noClip: 'None', clips: 'Clips', clipsText: 'For all looks. MP4, MOV, WebM or MKV, up to 60 seconds and 2 GB. Each is made ready once, with even loudness.', add: 'Add a clip', uploading: 'Uploading…', noClips: 'No clips yet', play: 'Play {name}', retry: 'Try again',
    state: { queued: 'Waiting to be made ready', running: 'Being made ready: {percent}%', done: 'Ready', failed: 'Cannot be used', held: 'On hold' }, length: '{n} s',
    logo: 'Logo', logoText: 'PNG or JPEG, up to 256 KB. It stands on the cards, at the lower right.', chooseLogo: 'Choose a logo', dropLogo: 'Remove the logo', accent: 'Colour', card: 'Show a card with the title', outroWords: 'Last words (a card at the end; empty: none)', preview: 'What the card looks like', sample: 'Welcoming a customer', save: 'Save', saved: 'Saved. It holds for microcourses that are cut from now on.',
  },
}

export const zh: typeof en = {
  mediaJobs: {
    title: '媒体任务', nav: '媒体任务', about: '回放、下载和微课在这里一步步生成。任务失败时，录制内容不会丢失。', none: '这里没有任务', nonePlain: '课程结束或有人剪辑微课时，任务会出现在这里。',
    all: '全部', stateLabel: '状态', state: { open: '未完成', queued: '等待中', running: '进行中', done: '已完成', failed: '失败', held: '已暂停' },
    kind: { compose: '完整回放', microcourse: '微课', clip: '片头或片尾', signals: '为编辑分析' },
    step: { fetch: '取文件', probe: '检查素材', loudness: '测量响度', sound: '制作声音', pictures: '制作画面', join: '拼接', tiles: '缩略图', thumbnail: '封面', result: '写说明', publish: '提交' },
    stepOf: '{step}：{percent}%', left: '大约还需 {time}', seconds: '{n} 秒', minutes: '{n} 分钟', on: '在 {worker} 上', attempt: '第 {n} 次，共可 {of} 次', waitsSince: '{when} 开始等待', ended: '{when} 结束', why: '原因：{reason}', todo: '处理办法：{todo}',
    act: { resume: '重试', hold: '暂停', cancel: '取消' }, cancelTitle: '取消“{title}”？', cancelText: '任务结束，已生成的部分会丢弃，录制内容保留，之后可以重试。', keep: '不取消',
    workers: '工作进程', seen: '最近一分钟内有响应', noWorkers: '最近一分钟没有工作进程响应', noWorkersText: '有工作进程运行后任务才会开始：请启动 lectern worker，或查看它的日志。', own: '与服务器同机', byToken: '令牌“{name}”', busy: '{n} 个任务 | {n} 个任务', idle: '空闲', auto: '自动刷新',
    tokens: '其他机器上的工作进程', tokensText: '其他机器上的工作进程只需要一个令牌。请在那台机器上运行：lectern worker --server {url}', tokenName: '机器名称', makeToken: '生成令牌', tokenMade: '请现在复制令牌，之后不再显示。', takeBack: '收回', takenBack: '已收回', takeBackTitle: '收回令牌“{name}”？', takeBackText: '使用它的工作进程立即停止，任务交给其他进程。', made: '生成时间', noTitle: '无标题',
  },
  branding: {
    title: '品牌', nav: '品牌', about: '微课的开头和结尾。修改后，新剪辑的微课生效，已剪好的保持不变。', readOnly: '只有管理员可以修改。',
    looks: '包装', looksText: '每个演播室、学院或讲师可以有自己的包装。微课默认用授课人的包装，其次用剪辑人的，再次用默认包装；剪辑时也可以另选。', own: '机构统一包装', isDefault: '默认', retired: '已停用', uses: '{n} 个微课', has: '归属 {n} 人', name: '名称', newLook: '新建包装', newText: '先与“{like}”相同，之后再改。', namePlaceholder: '销售学院', create: '新建',
    makeDefault: '设为默认', retire: '停用', useAgain: '重新启用', remove: '删除', retireTitle: '停用“{name}”？', retireText: '之后不能再选用，原来归属的人改用默认包装。已制作的微课不变，也可以按原样重新生成。', removeTitle: '删除“{name}”？', removeText: '只有没有微课使用、也没有草稿选用时才能删除。', retiredText: '这个包装已停用，不能再选用。',
    people: '归属', peopleText: '这些人授课或剪辑的微课，默认使用这个包装。', nobody: '还没有归属的人', person: '添加人员', personHint: '按姓名或工号查找', give: '添加', takeFrom: '不再归属 {name}', leaveTitle: '尚未保存', leaveText: '你改动了“{name}”，还没有保存。', leave: '放弃改动', stay: '留在这里',
    intro: '片头', outro: '片尾', noClip: '无', clips: '片段', clipsText: '供所有包装使用。MP4、MOV、WebM 或 MKV，最长 60 秒，最大 2 GB。每个片段只处理一次，响度统一。', add: '添加片段', uploading: '正在上传…', noClips: '还没有片段', play: '播放 {name}', retry: '重试',
    state: { queued: '等待处理', running: '处理中：{percent}%', done: '可以使用', failed: '无法使用', held: '已暂停' }, length: '{n} 秒',
    logo: '标志', logoText: 'PNG 或 JPEG，最大 256 KB，显示在卡片右下角。', chooseLogo: '选择标志', dropLogo: '移除标志', accent: '颜色', card: '显示标题卡', outroWords: '结束语（片尾卡片；留空则没有）', preview: '卡片效果', sample: '接待第一次来访的客户', save: '保存', saved: '已保存，对之后剪辑的微课生效。',
  },
}

i18n.global.mergeLocaleMessage('en', en)
i18n.global.mergeLocaleMessage('zh-CN', zh)
