import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SoundOutput } from '../src/media/sound_output'

/** A page whose browser plays nothing before a tap. */
class StrictPage {
  tapped = false
  made = 0
  readonly heard = new Map<string, () => void>()
  readonly body = { append: () => undefined }

  createElement = () => {
    this.made += 1
    return { srcObject: null, muted: false, remove: () => undefined, play: () => (this.tapped ? Promise.resolve() : Promise.reject(new DOMException('no', 'NotAllowedError'))) }
  }

  addEventListener = (type: string, act: () => void) => void this.heard.set(type, act)
  removeEventListener = (type: string) => void this.heard.delete(type)

  tap(): void {
    this.tapped = true
    this.heard.get('click')?.()
  }
}

const stream = {} as MediaStream
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
let page: StrictPage

beforeEach(() => {
  page = new StrictPage()
  vi.stubGlobal('document', page)
})
afterEach(() => { vi.unstubAllGlobals() })

describe('the sound of a lesson', () => {
  it('is asked for where the browser refuses it, and any tap brings it', async () => {
    const blocked: boolean[] = []
    const sound = new SoundOutput((now) => blocked.push(now))
    sound.play([stream, stream])
    await settled()
    expect(blocked).toEqual([true])
    page.tap()
    await settled()
    expect(blocked).toEqual([true, false])
    expect(page.heard.size).toBe(0)
  })

  it('is not asked for again when streams change: the elements that a tap let play stay', async () => {
    const blocked: boolean[] = []
    const sound = new SoundOutput((now) => blocked.push(now))
    page.tap()
    sound.play([stream, stream])
    sound.play([{} as MediaStream, stream])
    await settled()
    expect(page.made).toBe(2)
    expect(blocked).not.toContain(true)
  })

  it('leaves no listener behind on a page that is left', async () => {
    const sound = new SoundOutput(() => undefined)
    sound.play([stream])
    await settled()
    expect(page.heard.size).toBe(2)
    sound.close()
    expect(page.heard.size).toBe(0)
  })
})
