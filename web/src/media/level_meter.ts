/** Loudness of a microphone track, 0..1, about fifteen times a second. `close()` releases the audio graph. */
export class LevelMeter {
  private readonly context = new AudioContext()
  private readonly timer: ReturnType<typeof setInterval>

  constructor(track: MediaStreamTrack, onLevel: (level: number) => void) {
    const analyser = this.context.createAnalyser()
    analyser.fftSize = 1024
    this.context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
    const samples = new Float32Array(analyser.fftSize)
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples)
      let sum = 0
      for (const sample of samples) sum += sample * sample
      const decibel = 20 * Math.log10(Math.sqrt(sum / samples.length) + 1e-6)
      onLevel(Math.min(1, Math.max(0, (decibel + 60) / 50)))
    }, 66)
    void this.context.resume()
  }

  close(): void {
    clearInterval(this.timer)
    void this.context.close()
  }
}
