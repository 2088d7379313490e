// A picture that tells the time, and how to read it. Runs in every page of a scripted lesson, before its own scripts.
//
// 40 black and white blocks (8 x 5) in the upper three quarters: 32 bits of the wall clock in ms (modulo 2^32) and 8
// bits that check them and tell the camera's picture from the screen's. Below it something moves.
(() => {
  const COLUMNS = 8
  const ROWS = 5
  const CHECK = { camera: 0x5a, screen: 0xa5 }
  const FPS = 15
  const nowMs = () => performance.timeOrigin + performance.now()
  const check = (word, source) => ((word >>> 24) ^ ((word >>> 16) & 255) * 3 ^ ((word >>> 8) & 255) * 5 ^ (word & 255) * 7 ^ CHECK[source]) & 255

  function draw(pen, source, frame) {
    const { width, height } = pen.canvas
    const word = Math.round(nowMs()) % 2 ** 32 >>> 0
    const last = check(word, source)
    pen.fillStyle = source === 'camera' ? '#3c5a78' : '#5a5a46'
    pen.fillRect(0, 0, width, height)
    for (let i = 0; i < COLUMNS * ROWS; i++) {
      const bit = i < 32 ? (word >>> (31 - i)) & 1 : (last >>> (39 - i)) & 1
      pen.fillStyle = bit ? '#f0f0f0' : '#101010'
      pen.fillRect((i % COLUMNS) * width / COLUMNS, Math.floor(i / COLUMNS) * height * 0.75 / ROWS, width / COLUMNS, height * 0.75 / ROWS)
    }
    pen.fillStyle = '#dcb428'
    pen.fillRect((frame * 9) % (width - 40), height * 0.82, 40, height * 0.1)
  }

  function read(video) {
    if (!video || !video.videoWidth) return null
    const canvas = read.canvas ??= document.createElement('canvas')
    canvas.width = 160
    canvas.height = 90
    const pen = canvas.getContext('2d', { willReadFrequently: true })
    pen.drawImage(video, 0, 0, 160, 90)
    const pixels = pen.getImageData(0, 0, 160, 90).data
    const bits = []
    for (let i = 0; i < COLUMNS * ROWS; i++) {
      const x = Math.round(((i % COLUMNS) + 0.5) * 160 / COLUMNS)
      const y = Math.round((Math.floor(i / COLUMNS) + 0.5) * 90 * 0.75 / ROWS)
      let level = 0
      for (let dy = -2; dy <= 2; dy++) for (let dx = -3; dx <= 3; dx++) level += pixels[((y + dy) * 160 + x + dx) * 4 + 1]
      level /= 35
      if (level > 105 && level < 150) return null
      bits.push(level >= 128 ? 1 : 0)
    }
    let word = 0
    for (let i = 0; i < 32; i++) word = word * 2 + bits[i]
    let found = 0
    for (let i = 32; i < 40; i++) found = found * 2 + bits[i]
    const source = Object.keys(CHECK).find((name) => check(word >>> 0, name) === found)
    if (source === undefined) return null
    const base = Math.floor(nowMs() / 2 ** 32) * 2 ** 32
    const ms = base + word
    return { source, ms: ms - nowMs() > 2 ** 31 ? ms - 2 ** 32 : ms }
  }

  function picture(source, width, height) {
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    const pen = canvas.getContext('2d')
    let frame = 0
    draw(pen, source, frame)
    const [track] = canvas.captureStream(30).getVideoTracks()
    const timer = setInterval(() => {
      if (track.readyState === 'ended') clearInterval(timer)
      else draw(pen, source, ++frame)
    }, 1000 / FPS)
    return track
  }

  function tone() {
    const context = new AudioContext()
    const oscillator = new OscillatorNode(context, { frequency: 440 })
    const destination = new MediaStreamAudioDestinationNode(context)
    oscillator.connect(new GainNode(context, { gain: 0.1 })).connect(destination)
    oscillator.start()
    void context.resume()
    return destination.stream.getAudioTracks()[0]
  }

  window.drawnClock = {
    nowMs,
    read,
    /** The clock that a `data-testid` shows, or null. */
    of: (testid) => read(document.querySelector(`video[data-testid="${testid}"]`)),
    /** Every clock that some video of this page shows. */
    all: () => [...document.querySelectorAll('video')].map(read).filter(Boolean),
    /** Calls with {latencyMs} for each picture that a video shows from now on. */
    async latencies(testid, forMs) {
      const video = document.querySelector(`video[data-testid="${testid}"]`)
      const found = []
      const until = nowMs() + forMs
      while (nowMs() < until) {
        const shown = await new Promise((done) => video.requestVideoFrameCallback((now, about) => done(about.expectedDisplayTime)))
        const seen = read(video)
        if (seen) found.push(performance.timeOrigin + shown - seen.ms)
      }
      return found
    },
  }

  // The pages own every connection; the scripts only count them, to see that nothing is negotiated twice.
  const Native = window.RTCPeerConnection
  window.peers = []
  window.offers = 0
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args)
      window.peers.push(this)
    }
    createOffer(...args) {
      window.offers += 1
      return super.createOffer(...args)
    }
  }

  if (!navigator.mediaDevices) return
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) =>
    new MediaStream([...(audio ? [tone()] : []), ...(video ? [picture('camera', ...(window.cameraSize ?? [640, 360]))] : [])])
  navigator.mediaDevices.getDisplayMedia = async () => new MediaStream([picture('screen', 960, 540)])
})()
