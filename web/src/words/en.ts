/** English. The shape of this object is the shape of every language. */
const en = {
  common: {
    close: 'Close', loading: 'Loading…', details: 'Details', retry: 'Try again', home: 'To my sessions', language: 'Language', cannotLoad: 'This could not be loaded',
    timeLeft: '{time} left', listComma: ', ', search: 'Search', more: 'Show more', cancel: 'Cancel', download: 'Download', empty: 'Nothing here yet', skip: 'Skip to the content',
  },
  date: { today: 'today', tomorrow: 'tomorrow', yesterday: 'yesterday' },
  role: { presenter: 'Presenter', host: 'Host', learner: 'Learner', screen: 'Screen', admin: 'Admin', line_manager: 'Line manager' },
  signIn: { title: 'Sign in', login: 'Account', password: 'Password', submit: 'Sign in' },
  lost: { title: 'There is no page here', text: 'The link may be old or incomplete. Ask whoever sent it for a new one.' },
  home: {
    hello: 'Hello, {name}', sessions: 'Sessions', microcourses: 'Microcourses', admin: 'Admin', signOut: 'Sign out', create: 'New session',
    empty: 'No sessions yet', emptyPresenter: 'Create one: you can be live in a minute.', emptyLearner: 'Sessions you are invited to will appear here.',
    live: 'Live now', upcoming: 'Coming up', past: 'Past', expected: '{n} expected', attended: '{n} of {of} came', came: '{n} came',
    toStudio: 'Open studio', toStudioLive: 'Back to studio', join: 'Join', toRoom: 'To the room',
  },
  create: {
    title: 'New session', name: 'Title', namePlaceholder: 'What will people learn?', starts: 'Starts ({zone})', guests: 'People without an account may join with a name', submit: 'Create',
  },
  room: {
    liveNow: 'Live now', live: 'LIVE', joining: 'Joining the lesson…', signInFirst: 'This session is for invited people. Sign in to join.', joinAs: 'Joining as {name}',
    yourName: 'Your name', namePlaceholder: 'As your colleagues know you', consentTitle: 'What is recorded', agreeAndJoin: 'Agree and join', join: 'Join', haveAccount: 'I have an account',
    startsIn: 'Starts in {time}', anyMoment: 'Starting any moment', stayHere: 'Stay on this page. The lesson opens by itself.', waitingPeople: '{n} here',
    removed: 'You were removed from this session', removedText: 'If this is a mistake, ask the host.', refused: 'You cannot join yet', tryAnotherWay: 'Join another way',
    cannotOpen: 'The session cannot be opened', over: 'This session is over', overText: 'Thank you for taking part. The replay will appear here.', overReplay: '“{title}” can be watched again.', watchReplay: 'Watch the replay',
    classPanel: 'Class', chat: 'Chat', questions: 'Q&A', polls: 'Polls', people: 'People', invitation: 'For you', putAway: 'Put away', waitingForYou: 'Waiting for you',
    onlineShort: '{n} online', sound: 'Sound', fullScreen: 'Full screen', leave: 'Leave',
  },
  stage: {
    you: 'You', connecting: 'The picture is on its way…', noPicture: 'The presenter is not sending a picture right now', inGroup: 'Group time: talk with your group. The picture comes back afterwards.', screenOf: 'Screen of {name}', cameraOf: 'Camera of {name}', camera: 'Camera', screen: 'Screen',
    broadcast: 'Live broadcast', broadcastComing: 'Your network blocks real-time video. Loading the broadcast, a few seconds behind…', broadcastTag: 'Broadcast · a few seconds behind',
    tapForSound: 'Tap for sound', speaking: 'Speaking', muted: 'Muted', paused: 'Your connection is slow: picture paused, sound goes on', actionsFor: 'Actions for {name}',
    act: { 'mute-mic': 'Mute', 'mute-camera': 'Camera off', 'mute-screen': 'Stop the screen', 'off-stage': 'Take off stage', remove: 'Remove' },
    mutedBy: { mic: '{name} muted your microphone. Unmute when it is your turn again.', camera: '{name} turned your camera off. You can turn it on again.', screen: '{name} stopped your screen sharing.' },
    recovering: 'The picture is interrupted. Reconnecting; chat and polls go on.', onBroadcast: 'Watching the broadcast, a few seconds behind. We keep trying real-time.',
  },
  banner: { away: 'Connection lost. Reconnecting (attempt {n}). What you typed is kept.' },
  chat: { news: '{n} new messages', empty: 'No messages yet. Say hello.', me: 'Me', write: 'Write a message', send: 'Send', sending: 'Sending…', remove: 'Delete message', erased: 'This text was deleted' },
  question: {
    empty: 'No questions yet. Ask the first one.', pending: 'Sent to the host. It appears for everyone once published.', answeredLive: 'Answered live', yours: 'Your question', lift: 'I want to know this too, {n} so far',
    votes: '{n} votes', write: 'Ask the presenter', ask: 'Ask', sent: 'Sent. The host sees it now.',
    state: { pending: 'New', published: 'Published', answered: 'Answered', dismissed: 'Dismissed' },
  },
  poll: { title: 'Poll', empty: 'No polls yet', open: 'Open', closed: 'Closed', voters: '{n} voted', votersOf: '{n} / {of} voted', yours: 'your vote', counted: 'Your vote counts.', answer: 'Vote', change: 'Change my vote', voted: 'Your vote counts. Results come later.', resultsLater: 'Results appear when the poll closes.' },
  people: { phone: 'On a phone', more: 'and {n} more' },
  hand: { raise: 'Raise hand', lower: 'Lower hand', up: 'Hand up', yourTurn: 'You are on stage. Press “Unmute” to be heard.', yourTurnSeen: 'You are on stage. Turn on your microphone and camera when you are ready.', onStage: 'On stage', offStage: 'You are no longer on stage.', leaveStage: 'Leave the stage' },
  mic: { on: 'Unmute', off: 'Mute' },
  camera: { on: 'Turn camera on', off: 'Turn camera off' },
  screen: { share: 'Share screen', stop: 'Stop sharing' },
  checkin: {
    title: 'Check-in', answer: 'I am here', done: 'You are checked in', doneLate: 'You are checked in (late)', openNow: 'Open', closed: 'Closed', count: '{n} / {of} checked in',
    lateCount: '{n} of them late', missing: '{n} not checked in yet', notHere: '{n} expected people have not joined', status: { on_time: 'On time', late: 'Late', absent: 'Absent', pending: 'Not yet', make_up: 'Made up', none: '—' },
  },
  group: {
    title: 'Group work', youAreIn: 'You are in {name}', hint: 'Only your group hears you and reads this chat. You are brought back to the main room automatically.', go: 'OK, go', backIn: 'Back in {time}',
    running: 'Groups are at work', size: '{n} people', callBack: 'Bring everyone back', howMany: 'Groups', howLong: 'Time', noEnd: 'Until I call', deal: 'Deal at random', n: 'Group {n}', task: 'What should the group do?',
    who: 'Who goes where', none: 'Stays here', open: 'Send them off',
  },
  device: {
    mic: {
      denied: 'The browser may not use the microphone. Click the camera or lock icon beside the address, allow the microphone, then try again.',
      missing: 'No microphone was found. Plug one in or choose another, then try again.', busy: 'Another program is using the microphone. Close it, then try again.',
      insecure: 'Browsers give the microphone only to secure pages. Open this page by https.', unsupported: 'This browser cannot use a microphone. Open the page in Chrome, Edge, Safari or Firefox.', cancelled: 'The microphone was not turned on.', failed: 'The microphone could not be started. Unplug it, plug it in, and try again.',
    },
    camera: {
      denied: 'The browser may not use the camera. Click the camera or lock icon beside the address, allow the camera, then try again. You can also go live with sound only.',
      missing: 'No camera was found. Plug one in, or go live with sound only.', busy: 'Another program is using the camera. Close it, then try again.',
      insecure: 'Browsers give the camera only to secure pages. Open this page by https.', unsupported: 'This browser cannot use a camera. Open the page in Chrome, Edge, Safari or Firefox.', cancelled: 'The camera was not turned on.', failed: 'The camera could not be started. Unplug it, plug it in, and try again.',
    },
    screen: {
      denied: 'The screen was not shared.', missing: 'There was nothing to share.', busy: 'The system did not allow sharing. On a Mac, allow screen recording for the browser in System Settings.',
      insecure: 'Browsers share the screen only from secure pages. Open this page by https.', unsupported: 'This browser cannot share a screen. Use a PC with Chrome, Edge or Firefox.', cancelled: 'The screen was not shared.', failed: 'The screen could not be shared. Please try again.',
    },
  },
  studio: {
    agree: 'Agree and go on', preview: 'Your camera', allowDevices: 'Please allow camera and microphone when the browser asks.', noCamera: 'No picture. You can go live with sound only.', deviceCheck: 'Device check', microphone: 'Microphone', camera: 'Camera',
    deviceN: 'Device {n}', micLevel: 'Microphone level', speakNow: 'Say something: the bar should move.', goLive: 'Go live', goBack: 'Back on air', recorded: 'The lesson is recorded from the moment you go live.', recordedConsent: 'The lesson is recorded from the moment you go live; learners agree to it when they join.',
    invite: 'Link for learners', copy: 'Copy', copied: 'Copied', recording: 'Recording', whatLearnersSee: 'What learners see', end: 'End', endTitle: 'End the lesson?', endText: 'It ends for all {n} people. The replay is there right away.', endConfirm: 'End for everyone', endCancel: 'Go on',
    recordingTrouble: {
      disk_full: 'The recording cannot be saved: the server’s disk is full. The lesson goes on. Ask the administrator to free space now; what is recorded meanwhile waits in memory for a short time.',
      disk_slow: 'The server’s disk is too slow: parts of the recording may be missing. The lesson goes on. Tell the administrator.',
      other: 'The recording has a problem and may be incomplete. The lesson goes on. Tell the administrator.',
    },
    replayComing: 'The replay is being closed…', replayReady: 'The replay is ready', replayFailed: 'The replay could not be made', replayFailedText: 'The recording is safe. Ask the administrator to look at the log of the server.',
  },
  health: {
    title: '{n} with connection trouble', since: 'for {time}', record: 'Connection troubles', recordNone: 'Nobody’s connection was in trouble', lasting: 'still', from: 'From', until: 'Until', what: 'What',
    media_lost: { what: 'Picture and sound lost', advice: 'They are told to reconnect. If it stays, have them open the connection test.' },
    sending_lossy: { what: 'Their picture and sound arrive damaged', advice: 'Have them turn off the camera, or use a cable instead of Wi-Fi.' },
    receiving_lossy: { what: 'Much of what they should get is lost', advice: 'Wi-Fi is the usual cause: a cable, or closer to the router.' },
    receiving_paused: { what: 'Too slow for the picture: sound only', advice: 'They hear you. Read out what only the screen shows.' },
    slow_answers: { what: 'Answers arrive late', advice: 'Give them a moment after a question.' },
  },
  network: { grade0: 'Not connected', grade1: 'Bad network', grade2: 'Weak network', grade3: 'Fair network', grade4: 'Good network', details: 'Round trip {ms} ms, lost {loss} %, sending {kbps} kbit/s' },
  desk: {
    people: 'People', groups: 'Groups', online: '{n} of {total} learners online', whichChat: 'Which chat', mainRoom: 'Main room', hands: 'Raised hands', grant: 'With sound', grantCamera: 'With camera', soundOnly: 'Sound only', invite: 'Invite {name} on stage', onStage: 'On stage {n} / {of}', endTalk: 'Take off stage', remove: 'Remove {name}', removeTitle: 'Remove {name}?', removeText: 'This person leaves the lesson and cannot come back to it.', removeConfirm: 'Remove',
    nobody: 'Nobody is here yet. Send learners the link.', noQuestions: 'No questions yet', publish: 'Publish', dismiss: 'Dismiss', answerPlaceholder: 'Answer in writing (or leave empty)', answerText: 'Answer', answeredLive: 'Answered aloud',
    newPoll: 'New poll', pollQuestion: 'Question', pollOption: 'Option {n}', removeOption: 'Remove option {n}', addOption: 'Add an option', pollShow: 'Learners see results', pollStart: 'Start poll', pollClose: 'Close poll',
    show: { live: 'live', after_close: 'after it closes', staff_only: 'never' },
    newCheckin: 'New check-in', checkinMessage: 'Message (optional)', checkinPlaceholder: 'Who is here?', checkinLate: 'Late after', checkinNobodyLate: 'Nobody is late', checkinMinutes: 'On time within', minutes: '{n} min', checkinStart: 'Start check-in', checkinClose: 'Close check-in',
  },
  replay: {
    play: 'Play', pause: 'Pause', seek: 'Position', speed: 'Speed', sound: 'Sound', swap: 'Swap pictures', moments: 'Moments', noMoments: 'No polls or questions in this lesson', resumed: 'Continued where you stopped', restart: 'From the start',
    kind: { poll: 'Poll', question: 'Question', checkin: 'Check-in', breakout: 'Groups' }, download: 'Download MP4', preparing: 'Preparing the download… {n} %', notReady: 'The replay is not ready yet', notReadyText: 'It is being closed. This page tries again by itself.', failed: 'The replay could not be made',
    failedText: 'The recording is safe. Ask the administrator.', cannotPlay: 'The video cannot be played', cannotPlayText: 'Check the connection and try again.', cut: 'Cut a microcourse', answer: 'Answer', resultOf: '{n} votes',
  },
  editor: {
    cut: 'Cut a microcourse', title: 'Cut a microcourse', name: 'Title', namePlaceholder: 'One idea, in a few words', from: 'From', to: 'To', markIn: 'Start here', markOut: 'End here', length: 'Length {time}', good: 'A good length', long: 'Longer than 15 minutes: few learners stay to the end. Two parts would be better.', very_long: 'Longer than 20 minutes: please cut it into parts.', too_short: 'Too short: move the end after the start.',
    create: 'Make microcourse', clips: 'Microcourses of this replay', none: 'None yet. Mark a range and give it a title.', publish: 'Publish', published: 'Published', watch: 'Watch', retry: 'Try again', remove: 'Delete', keys: 'Keys: Space play, I start, O end, ← → five seconds (one on a handle), with Shift ten',
    state: { draft: 'Draft', processing: 'In work', ready: 'Ready to publish', published: 'Published', failed: 'Failed' }, estimate: 'about {n} s left', preview: 'Play the range',
  },
  watch: { title: 'Microcourses', empty: 'No microcourses yet', emptyText: 'They appear here when they are published.', notReady: 'This microcourse is not ready yet', minutes: '{time}' },
  admin: {
    sessions: 'Sessions', people: 'People', replays: 'Replays', keys: 'API keys', audit: 'Audit', nav: 'Administration', notAllowed: 'This part is for administrators', notAllowedText: 'Ask an administrator of your organisation for access.', all: 'All',
    state: { scheduled: 'Planned', live: 'Live', ended: 'Over' }, onlineNow: '{n} online', attended: 'Came', start: 'Start', presenter: 'Presenter', title: 'Title', status: 'Status', name: 'Name', number: 'Staff number', department: 'Department', roles: 'Roles', active: 'Active', inactive: 'Inactive', noResults: 'Nothing matches',
    importPeople: 'Import people (CSV)', importRoster: 'Import roster (CSV)', importDone: '{added} added, {updated} changed, {unchanged} unchanged', importErrors: '{n} lines were not taken', line: 'Line {n}', columns: 'Columns: external_id, name, department',
    duration: 'Length', viewing: 'Viewing', microcourses: 'Microcourses', replay: 'Replay', open: 'Open', actions: 'Actions',
  },
  attendance: {
    title: 'Attendance', csv: 'Export CSV', rate: '{n} of {of} came ({p} %)', guests: '{n} guests', came: 'Came', bar: 'During the session', minutes: 'Minutes', checkin: 'Check-in', answers: 'Answers', replayMinutes: 'Replay min', guest: 'Guest', none: 'Nobody was expected and nobody came', present: 'Present', away: 'Away', barOf: '{name}: {n} minutes present', studio: 'Studio', roomLink: 'Room', watched: 'replay {n} min', presentMinutes: '{n} min',
  },
  viewing: { title: 'Viewing', viewers: 'Viewers', bounce: 'Left within 10 seconds', reached80: 'Reached 80 %', full: 'Watched everything', coverage: 'Coverage', completed: 'Completed', notCompleted: 'Not yet', minutes: 'Minutes', last: 'Last watched', heat: 'Viewers per second', heatTable: 'As a table', from: 'From', peak: 'Most viewers', nobody: 'Nobody has watched yet' },
  keys: { title: 'API keys', text: 'For programs that create sessions and read data. Each key has only the rights it needs.', name: 'What for', scopes: 'Rights', create: 'Create key', created: 'Copy the key now: it is shown only once.', remove: 'Revoke', removeTitle: 'Revoke “{name}”?', removeText: 'Programs that use it stop working at once.', none: 'No keys yet', made: 'Made', revoked: 'Revoked' },
  streamKeys: {
    title: 'Stream keys', open: 'OBS and other encoders', text: 'With a stream key, OBS, ffmpeg or another encoder publishes into this lesson, or a player shows it. A key can be revoked at any time.', name: 'Name', use: 'For', publish: 'publishing', watch: 'watching', expiry: 'Valid', expires0: 'until revoked', expires1: 'for a day', expires30: 'for 30 days', own: 'Publish as myself', create: 'New key',
    created: 'Copy the key now: it is shown only once.', server: 'Server', key: 'Key', copyWhat: 'Copy: {what}', howTo: 'Set up OBS',
    obs1: 'Settings → Stream: choose the service WHIP, paste the server and, as bearer token, the key.', obs2: 'Settings → Output → Advanced: encoder H.264, keyframe interval 1 or 2 s, no B-frames.', obs3: 'Go live here first; then press Start Streaming in OBS.', obs4: 'If OBS loses its connection it may start again with the same key: the new stream takes the place of the old one.',
    inUse: 'in use', unused: 'never used', lastUsed: 'last used {when}', until: 'valid until {when}', revoke: 'Revoke', revokeTitle: 'Revoke “{name}”?', revokeText: 'What is being sent or watched with it ends at once.',
  },
  audit: { title: 'Audit', when: 'When', who: 'Who', what: 'What', object: 'Object', system: 'System' },
  error: {
    internal: 'Something went wrong on our side. Please try again.', unreachable: 'The server cannot be reached. Check your network.', too_many_waiting: 'Too many actions are waiting for the connection.', left: 'You have left the session.',
    token_invalid: 'This link is not valid. Ask for a new one.', token_expired: 'This link has expired. Ask for a new one.', session_not_found: 'There is no such session. Check the link.', session_over: 'The session is over.', removed: 'You were removed from this session.', consent_required: 'Please read what is recorded, and agree to it.',
    not_allowed: 'You may not do this. Ask the host.', poll_closed: 'This poll is closed.', checkin_closed: 'This check-in is closed. Tell the host that you are here.', media_unavailable: 'Video is not available right now. We keep trying.', not_joined: 'You are not in the class yet.', no_common_codec: 'Your browser cannot play this video.', sdp_invalid: 'Your browser and the server did not understand each other.',
    sign_in_failed: 'Account or password is wrong.', sign_in_required: 'Please sign in.', too_many_tries: 'Too many attempts. Wait a minute and try again.', too_fast: 'That was a little fast. Try again in a moment.',
    not_found: 'It is not there, or not for you.', not_invited: 'You are not on the list for this session. Ask the host.', not_your_session: 'This is not your session.', token_foreign: 'This link belongs to another session.',
    breakout_already_open: 'Groups are already at work.', breakout_closed: 'The groups have ended.', checkin_already_open: 'A check-in is already open.', session_not_live: 'The lesson has not started.', hand_not_raised: 'The hand is already down.', stage_full: 'All 12 places on stage are taken. Take somebody off stage first.', not_invitable: 'This person has left, or is not a learner.',
    replay_not_ready: 'The replay is not ready yet.', replay_not_found: 'There is no such replay.', microcourse_not_found: 'There is no such microcourse.', range_too_short: 'The range is too short.', range_outside: 'The range is outside the replay.', source_unreadable: 'The recording could not be read. Try again, or cut another range.',
    file_empty: 'The file is empty.', file_invalid: 'The file could not be read. Save it as CSV (UTF-8).', file_too_long: 'The file has too many lines. Split it.', column_missing: 'A column is missing. Needed: external_id, name, department.', name_missing: 'Please give your name.', text_empty: 'Please write something.', title_empty: 'Please give a title.',
  },
}

export type Words = typeof en
export default en
