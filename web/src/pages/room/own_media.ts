/** A learner's microphone and camera as state: opened when they press the button, closed when the right to send ends. */
import { computed, ref, shallowRef, watch } from 'vue'
import { DeviceError, openCamera, openMicrophone } from '../../media/devices'
import type { Lesson } from '../lesson/lesson'
import type { WireError } from '../../core/wire'

type Kind = 'mic' | 'camera'

export class OwnMedia {
  readonly tracks = shallowRef<Readonly<Partial<Record<Kind, MediaStreamTrack>>>>({})
  readonly busy = ref(false)

  readonly may = computed(() => {
    const staff = this.lesson.staff.value
    const hand = this.lesson.myHand.value
    const inGroup = this.lesson.myGroup.value !== null
    return { mic: staff || inGroup || hand?.granted === true, camera: staff || (!inGroup && hand?.camera === true) }
  })

  /** The own camera, for the own tile. */
  readonly pictures = computed(() => {
    const camera = this.tracks.value.camera
    return camera ? [{ source: 'camera' as const, stream: new MediaStream([camera]) }] : []
  })

  /** `say` is told what to show: a refusal, a device's trouble, or who muted us. */
  constructor(
    private readonly lesson: Lesson,
    private readonly say: { refused(error: WireError): void; device(kind: Kind, problem: string): void; mutedBy(kind: Kind, who: string): void },
  ) {
    // Nobody goes on being heard or seen after the right ended, or in a room they did not choose to speak in.
    watch([() => this.may.value.mic, () => this.lesson.myGroup.value?.id], () => void this.stop('mic'))
    watch([() => this.may.value.camera, () => this.lesson.myGroup.value?.id], () => void this.stop('camera'))
    watch(this.lesson.mutedByStaff, (muted, before) => {
      for (const kind of ['mic', 'camera'] as const) {
        const who = muted.get(kind)
        if (typeof who !== 'string' || before.has(kind)) continue
        this.say.mutedBy(kind, who)
        void this.stop(kind)
      }
    })
  }

  async toggle(kind: Kind): Promise<void> {
    if (this.tracks.value[kind]) {
      await this.stop(kind)
      return
    }
    this.busy.value = true
    try {
      const track = kind === 'mic' ? await openMicrophone() : await openCamera()
      this.set(kind, track)
      track.addEventListener('ended', () => {
        if (this.tracks.value[kind] === track) void this.stop(kind)
      })
      const refusal = await this.lesson.publish(kind, track)
      if (refusal) {
        this.say.refused(refusal)
        await this.stop(kind)
      }
    } catch (error) {
      this.say.device(kind, error instanceof DeviceError ? error.problem : 'failed')
    } finally {
      this.busy.value = false
    }
  }

  async stop(kind: Kind): Promise<void> {
    if (!this.tracks.value[kind]) return
    this.set(kind, null)
    await this.lesson.publish(kind, null)
  }

  close(): void {
    for (const kind of ['mic', 'camera'] as const) this.set(kind, null)
  }

  private set(kind: Kind, track: MediaStreamTrack | null): void {
    this.tracks.value[kind]?.stop()
    const mic = kind === 'mic' ? track : this.tracks.value.mic
    const camera = kind === 'camera' ? track : this.tracks.value.camera
    this.tracks.value = { ...(mic ? { mic } : {}), ...(camera ? { camera } : {}) }
  }
}
