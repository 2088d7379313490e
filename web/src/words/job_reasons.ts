/** Why the making of a video stopped, and what to do: for administrators, and for whoever owns it. By `reason_code` of its job. */
import { i18n } from './index'

export const en = {
  jobReason: {
    disk_error: { why: 'The disk of the worker is full or broken.', todo: 'Free space on the worker, then try again; the work goes on where it stopped.', owner: 'Nothing was lost. Ask an administrator to free space on the worker; then try again.' },
    disk_full: { why: 'The server’s disk takes no more.', todo: 'Free space on the server, then try again.', owner: 'Nothing was lost. Ask an administrator to free space on the server; then try again.' },
    storage_unavailable: { why: 'The storage with the recordings cannot be reached.', todo: 'Check the bucket (lectern doctor), then try again.', owner: 'Nothing was lost. Try again in some minutes; if it stays, tell an administrator.' },
    server_away: { why: 'The worker could not reach the server for a long time.', todo: 'Check the network between worker and server, then try again.', owner: 'Try again in some minutes; if it stays, tell an administrator.' },
    database_away: { why: 'The database was away.', todo: 'Check the database, then try again.', owner: 'Try again in some minutes; if it stays, tell an administrator.' },
    source_unreadable: { why: 'A part of the recording is missing or damaged.', todo: 'Bring the missing files back (nothing was deleted), then try again.', owner: 'Choose a stretch that plays in the replay, or ask an administrator to bring the files back.' },
    replay_not_ready: { why: 'The replay is not finished yet.', todo: 'Wait until the replay is ready, then try again.', owner: 'Wait until the replay is ready, then try again.' },
    range_invalid: { why: 'The chosen part is shorter than a second, or outside the replay.', todo: 'Nothing here: its owner has to choose another part.', owner: 'Choose another part and cut again.' },
    transcode_failed: { why: 'The video could not be made.', todo: 'Try again. If it fails once more, look at the worker’s log.', owner: 'Try again. If it fails once more, tell an administrator.' },
    clip_invalid: { why: 'The file cannot be used as a clip.', todo: 'Bring another one: MP4, MOV, WebM or MKV, up to 60 seconds.', owner: 'Bring another one: MP4, MOV, WebM or MKV, up to 60 seconds.' },
    clip_missing: { why: 'The intro or outro is not there.', todo: 'Look at the clips under Branding, then try again.', owner: 'Try again. If it fails once more, ask an administrator to look at the branding.' },
    logo_invalid: { why: 'The logo cannot be used.', todo: 'Bring another logo under Branding, then try again.', owner: 'Ask an administrator to bring another logo; then try again.' },
    job_invalid: { why: 'The worker is of another release and does not know what is asked for.', todo: 'Update the worker, then try again.', owner: 'Ask an administrator to update the media worker.' },
    worker_lost: { why: 'The worker stopped in the middle of it every time.', todo: 'Look at the worker’s memory and log, then try again.', owner: 'Try again. If it fails once more, tell an administrator.' },
    internal: { why: 'The worker met an unexpected problem.', todo: 'Look at the worker’s log, then try again.', owner: 'Try again. If it fails once more, tell an administrator.' },
    held: { why: 'An administrator holds it.', todo: 'Try again when you want it to be done.', owner: 'Ask an administrator when it goes on.' },
    cancelled: { why: 'It was cancelled.', todo: 'Nothing. Try again if it is wanted after all.', owner: 'Nothing. Try again if it is wanted after all.' },
    other: { why: 'It could not be made.', todo: 'Try again. If it fails once more, look at the worker’s log.', owner: 'Try again. If it fails once more, tell an administrator.' },
  },
}

export const zh: typeof en = {
  jobReason: {
    disk_error: { why: '工作进程所在机器的磁盘已满或损坏。', todo: '请在工作进程所在的机器上清出空间后重试，会从中断处继续。', owner: '内容没有丢失。请联系管理员在工作进程所在的机器上清出空间，然后重试。' },
    disk_full: { why: '服务器的磁盘已满。', todo: '请在服务器上清出空间后重试。', owner: '内容没有丢失。请联系管理员在服务器上清出空间，然后重试。' },
    storage_unavailable: { why: '无法访问存放录制内容的存储。', todo: '请检查存储桶（lectern doctor）后重试。', owner: '内容没有丢失。请过几分钟重试；如仍不行，请联系管理员。' },
    server_away: { why: '工作进程长时间连不上服务器。', todo: '请检查工作进程与服务器之间的网络后重试。', owner: '请过几分钟重试；如仍不行，请联系管理员。' },
    database_away: { why: '数据库暂时不可用。', todo: '请检查数据库后重试。', owner: '请过几分钟重试；如仍不行，请联系管理员。' },
    source_unreadable: { why: '录制内容有一部分缺失或损坏。', todo: '请恢复缺失的文件（没有删除任何内容），然后重试。', owner: '请选择回放中可以播放的片段，或请管理员恢复文件。' },
    replay_not_ready: { why: '回放还没有生成完毕。', todo: '请等回放就绪后重试。', owner: '请等回放就绪后重试。' },
    range_invalid: { why: '所选片段不足一秒，或超出回放范围。', todo: '这里无需处理：请剪辑者另选片段。', owner: '请另选片段，重新剪辑。' },
    transcode_failed: { why: '视频没有生成成功。', todo: '请重试。如再次失败，请查看工作进程的日志。', owner: '请重试。如再次失败，请联系管理员。' },
    clip_invalid: { why: '这个文件不能用作片段。', todo: '请换一个文件：MP4、MOV、WebM 或 MKV，最长 60 秒。', owner: '请换一个文件：MP4、MOV、WebM 或 MKV，最长 60 秒。' },
    clip_missing: { why: '片头或片尾不存在。', todo: '请在“品牌”中检查片段后重试。', owner: '请重试。如再次失败，请管理员检查品牌设置。' },
    logo_invalid: { why: '标志无法使用。', todo: '请在“品牌”中换一个标志后重试。', owner: '请管理员换一个标志，然后重试。' },
    job_invalid: { why: '工作进程的版本不同，不认识这项任务。', todo: '请更新工作进程后重试。', owner: '请管理员更新媒体工作进程。' },
    worker_lost: { why: '工作进程每次都在中途停止。', todo: '请查看工作进程所在机器的内存和工作进程的日志后重试。', owner: '请重试。如再次失败，请联系管理员。' },
    internal: { why: '工作进程遇到意外问题。', todo: '请查看工作进程的日志后重试。', owner: '请重试。如再次失败，请联系管理员。' },
    held: { why: '管理员暂停了这项任务。', todo: '需要时点击“重试”。', owner: '何时继续，请咨询管理员。' },
    cancelled: { why: '这项任务已取消。', todo: '无需处理。如仍需要，可以重试。', owner: '无需处理。如仍需要，可以重试。' },
    other: { why: '没有生成成功。', todo: '请重试。如再次失败，请查看工作进程的日志。', owner: '请重试。如再次失败，请联系管理员。' },
  },
}

i18n.global.mergeLocaleMessage('en', en)
i18n.global.mergeLocaleMessage('zh-CN', zh)
