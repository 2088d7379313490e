/** Cameras, microphones and screens, and why one of them may not be had. */
export type DeviceProblem = 'denied' | 'missing' | 'busy' | 'insecure' | 'unsupported' | 'cancelled' | 'failed'

export class DeviceError extends Error {
  constructor(readonly problem: DeviceProblem) {
    super(problem)
    this.name = 'DeviceError'
  }
}

/** What the browser's exception means for the person in front of it. */
export function problemOf(error: unknown): DeviceProblem {
  if (!(error instanceof DOMException)) return error instanceof DeviceError ? error.problem : 'failed'
  switch (error.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing'
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
    default:
      return 'failed'
  }
}

function mediaDevices(): MediaDevices {
  if (!isSecureContext) throw new DeviceError('insecure')
  // Absent in some in-app browsers, whatever the type says.
  const devices = navigator.mediaDevices as MediaDevices | undefined
  if (!devices) throw new DeviceError('unsupported')
  return devices
}

async function first(constraints: MediaStreamConstraints, kind: 'audio' | 'video'): Promise<MediaStreamTrack> {
  try {
    const stream = await mediaDevices().getUserMedia(constraints)
    const track = kind === 'audio' ? stream.getAudioTracks()[0] : stream.getVideoTracks()[0]
    if (!track) throw new DeviceError('missing')
    return track
  } catch (error) {
    throw new DeviceError(problemOf(error))
  }
}

export async function openMicrophone(deviceId?: string): Promise<MediaStreamTrack> {
  const audio: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) }
  return first({ audio }, 'audio')
}

export async function openCamera(deviceId?: string): Promise<MediaStreamTrack> {
  const video: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 }, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) }
  const track = await first({ video }, 'video')
  track.contentHint = 'motion'
  return track
}

export async function openScreen(): Promise<MediaStreamTrack> {
  const devices = mediaDevices()
  if (!('getDisplayMedia' in devices)) throw new DeviceError('unsupported')
  try {
    const stream = await devices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } }, audio: false })
    const track = stream.getVideoTracks()[0]
    if (!track) throw new DeviceError('missing')
    track.contentHint = 'detail'
    return track
  } catch (error) {
    const problem = problemOf(error)
    throw new DeviceError(problem === 'denied' ? 'cancelled' : problem)
  }
}

export interface DeviceChoice {
  readonly id: string
  readonly label: string
}

/** Devices by kind; labels are empty until the person has allowed one of them. */
export async function listDevices(kind: 'audioinput' | 'videoinput'): Promise<DeviceChoice[]> {
  try {
    const devices = await mediaDevices().enumerateDevices()
    return devices.filter((device) => device.kind === kind && device.deviceId !== '').map((device) => ({ id: device.deviceId, label: device.label }))
  } catch {
    // Without the list the default device still works.
    return []
  }
}
