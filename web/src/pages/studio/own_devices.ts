/** The presenter's camera, microphone and screen as state: opened once for the check, kept for the lesson. */
import { computed, ref, shallowRef } from 'vue'
import { DeviceError, listDevices, openCamera, openMicrophone, openScreen, type DeviceChoice, type DeviceProblem } from '../../media/devices'
import { LevelMeter } from '../../media/level_meter'
import type { Lesson } from '../lesson/lesson'

type Kind = 'mic' | 'camera' | 'screen'

export class OwnDevices {
  readonly tracks = shallowRef<Readonly<Partial<Record<Kind, MediaStreamTrack>>>>({})
  readonly problems = shallowRef<Readonly<Partial<Record<Kind, DeviceProblem>>>>({})
  readonly muted = ref(false)
  readonly cameraOff = ref(false)
  readonly level = ref(0)
  readonly microphones = shallowRef<readonly DeviceChoice[]>([])
  readonly cameras = shallowRef<readonly DeviceChoice[]>([])
  readonly opening = ref(false)

  /** Own pictures as they go out, for the stage. */
  readonly pictures = computed(() =>
    (['screen', 'camera'] as const).flatMap((source) => {
      const stream = this.streams.value[source]
      return stream && !(source === 'camera' && this.cameraOff.value) ? [{ source, stream }] : []
    }),
  )

  private readonly streams = computed(() => {
    const { camera, screen } = this.tracks.value
    return { ...(camera ? { camera: streamOf(camera) } : {}), ...(screen ? { screen: streamOf(screen) } : {}) }
  })

  private meter: LevelMeter | undefined
  /** Set once the lesson is live: from then on every change is also published. */
  private lesson: Lesson | undefined

  async openAll(): Promise<void> {
    this.opening.value = true
    // One after the other: two permission questions at once confuse some browsers, and people.
    await this.open('mic')
    await this.open('camera')
    this.opening.value = false
    await this.relist()
    if ('mediaDevices' in navigator) navigator.mediaDevices.addEventListener('devicechange', this.onDevices)
  }

  async open(kind: Kind, deviceId?: string): Promise<void> {
    try {
      const track = kind === 'mic' ? await openMicrophone(deviceId) : kind === 'camera' ? await openCamera(deviceId) : await openScreen()
      this.replace(kind, track)
      this.note(kind, null)
      track.addEventListener('ended', () => void this.lost(kind, track))
      if (kind === 'mic') this.muted.value = false
      if (kind === 'camera') this.cameraOff.value = false
      await this.lesson?.publish(kind, track)
    } catch (error) {
      this.note(kind, error instanceof DeviceError ? error.problem : 'failed')
    }
  }

  async stop(kind: Kind): Promise<void> {
    this.replace(kind, null)
    await this.lesson?.publish(kind, null)
  }

  /** Publishes what is on, now and whenever it changes. */
  async goLive(lesson: Lesson): Promise<void> {
    this.lesson = lesson
    const { mic, camera, screen } = this.tracks.value
    if (mic && !this.muted.value) await lesson.publish('mic', mic)
    if (camera && !this.cameraOff.value) await lesson.publish('camera', camera)
    if (screen) await lesson.publish('screen', screen)
  }

  async setMuted(muted: boolean): Promise<void> {
    this.muted.value = muted
    const track = this.tracks.value.mic
    if (track) track.enabled = !muted
    await this.lesson?.publish('mic', muted ? null : (track ?? null))
  }

  async setCameraOff(off: boolean): Promise<void> {
    this.cameraOff.value = off
    await this.lesson?.publish('camera', off ? null : (this.tracks.value.camera ?? null))
  }

  close(): void {
    this.lesson = undefined
    for (const kind of ['mic', 'camera', 'screen'] as const) this.replace(kind, null)
    if ('mediaDevices' in navigator) navigator.mediaDevices.removeEventListener('devicechange', this.onDevices)
  }

  private readonly onDevices = (): void => void this.relist()

  private async relist(): Promise<void> {
    this.microphones.value = await listDevices('audioinput')
    this.cameras.value = await listDevices('videoinput')
  }

  private async lost(kind: Kind, track: MediaStreamTrack): Promise<void> {
    if (this.tracks.value[kind] !== track) return
    await this.stop(kind)
    // Ending the sharing in the browser's own bar is a wish, not a fault.
    if (kind !== 'screen') this.note(kind, 'missing')
  }

  private replace(kind: Kind, track: MediaStreamTrack | null): void {
    this.tracks.value[kind]?.stop()
    this.tracks.value = { ...without(this.tracks.value, kind), ...(track ? { [kind]: track } : {}) }
    if (kind !== 'mic') return
    this.meter?.close()
    this.level.value = 0
    this.meter = track ? new LevelMeter(track, (level) => (this.level.value = level)) : undefined
  }

  private note(kind: Kind, problem: DeviceProblem | null): void {
    this.problems.value = { ...without(this.problems.value, kind), ...(problem ? { [kind]: problem } : {}) }
  }
}

const kept = new WeakMap<MediaStreamTrack, MediaStream>()

/** One stream per track, so that a <video> is not given a new source without need. */
function streamOf(track: MediaStreamTrack): MediaStream {
  const stream = kept.get(track) ?? new MediaStream([track])
  kept.set(track, stream)
  return stream
}

function without<T extends object>(record: T, key: keyof T): Partial<T> {
  const copy: Partial<T> = { ...record }
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the key is one of three literals and the object our own copy
  delete copy[key]
  return copy
}
