/** The connection test's doing: real connections to the server, each one way only, closed again. */
import { addressesIn, togetherOf, type WayResult } from '../core/connection_report'
import { api } from '../rest/api'
import { Refusal } from '../rest/http'

const WAY_MS = 8_000
const SOCKET_MS = 6_000

/** Tries one way to every media process, one after the other: a lesson may be at any of them. */
export async function tryWayToAll(way: 'udp' | 'tcp', processes: number): Promise<WayResult> {
  const results: WayResult[] = []
  for (let process = 0; process < Math.max(1, processes); process++) results.push(await tryWay(way, [], process))
  return togetherOf(results)
}

/** Tries to reach one media process by one way; with `relay`, through these TURN servers and nothing else. */
export async function tryWay(way: 'udp' | 'tcp', relay: readonly RTCIceServer[] = [], process = 0): Promise<WayResult> {
  const pc = new RTCPeerConnection({ iceServers: [...relay], iceTransportPolicy: relay.length > 0 ? 'relay' : 'all' })
  try {
    pc.addTransceiver('audio', { direction: 'recvonly' })
    await pc.setLocalDescription(await pc.createOffer())
    const { sdp } = await api.connectionTest(pc.localDescription?.sdp ?? '', way, process)
    const addresses = addressesIn(sdp, way)
    const connected = whenConnected(pc)
    await pc.setRemoteDescription({ type: 'answer', sdp })
    return { outcome: (await connected) ? 'good' : 'blocked', addresses }
  } catch (error) {
    const untested = error instanceof Refusal && (error.code === 'way_unavailable' || error.code === 'too_many_tries')
    return { outcome: untested ? 'skipped' : 'blocked', addresses: [] }
  } finally {
    pc.close()
  }
}

function whenConnected(pc: RTCPeerConnection): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), WAY_MS)
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState !== 'connected' && pc.connectionState !== 'failed') return
      clearTimeout(timer)
      resolve(pc.connectionState === 'connected')
    })
  })
}

/** Whether a WebSocket to the class server opens and says its first word; some proxies break exactly that. */
export function trySocket(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`)
    const settle = (opened: boolean): void => {
      clearTimeout(timer)
      resolve(opened)
      socket.close()
    }
    const timer = setTimeout(() => settle(false), SOCKET_MS)
    socket.addEventListener('message', () => settle(true))
    socket.addEventListener('error', () => settle(false))
    socket.addEventListener('close', () => settle(false))
  })
}

/** A short soft tone. */
export async function playTone(): Promise<void> {
  const context = new AudioContext()
  await context.resume()
  const tone = context.createOscillator()
  const loudness = context.createGain()
  loudness.gain.setValueAtTime(0, context.currentTime)
  loudness.gain.linearRampToValueAtTime(0.2, context.currentTime + 0.05)
  loudness.gain.linearRampToValueAtTime(0, context.currentTime + 0.9)
  tone.frequency.value = 660
  tone.connect(loudness).connect(context.destination)
  tone.start()
  tone.stop(context.currentTime + 1)
  await new Promise((resolve) => tone.addEventListener('ended', resolve))
  await context.close()
}
