import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useSetAside } from '../src/pages/editor/set_aside'
import { editsApi } from '../src/rest/edits'

const KEY = 'lectern.editor.aside.r1'
let stored: Map<string, string>

beforeEach(() => {
  vi.restoreAllMocks()
  stored = new Map()
  vi.stubGlobal('localStorage', { getItem: (key: string) => stored.get(key) ?? null, removeItem: (key: string) => void stored.delete(key) })
})

describe('what an editor puts aside', () => {
  it('is what the server knows, whichever browser it is', async () => {
    vi.spyOn(editsApi, 'aside').mockResolvedValue({ starts_ms: [9, 4] })
    const kept = useSetAside('r1')
    await kept.load()
    expect([...kept.aside.value].sort()).toEqual([4, 9])
  })

  it('is brought along from the browser that an earlier release kept it in, once', async () => {
    stored.set(KEY, '[4, "x", -1, 9]')
    const put = vi.spyOn(editsApi, 'putAside').mockResolvedValue({ starts_ms: [2, 4, 9] })
    const kept = useSetAside('r1')
    await kept.load()
    expect(put).toHaveBeenCalledWith('r1', [4, 9])
    expect([...kept.aside.value]).toEqual([2, 4, 9])
    expect(stored.has(KEY)).toBe(false)
  })

  it('stays in the browser while the server does not take it', async () => {
    stored.set(KEY, '[4]')
    vi.spyOn(editsApi, 'putAside').mockRejectedValue(new Error('away'))
    const kept = useSetAside('r1')
    await kept.load()
    expect(stored.has(KEY)).toBe(true)
    expect(kept.problem.value).toBeInstanceOf(Error)
  })

  it('is out of the way at once, and back where it was not kept', async () => {
    let fail: (why: Error) => void = () => undefined
    vi.spyOn(editsApi, 'putAside').mockReturnValue(new Promise((_, reject) => (fail = reject)))
    const kept = useSetAside('r1')
    const done = kept.put(4)
    expect(kept.aside.value.has(4)).toBe(true)
    fail(new Error('away'))
    await done
    expect(kept.aside.value.has(4)).toBe(false)
    expect(kept.problem.value).toBeInstanceOf(Error)
  })

  it('is all there again when it is taken back', async () => {
    vi.spyOn(editsApi, 'putAside').mockResolvedValue({ starts_ms: [4] })
    vi.spyOn(editsApi, 'takeBackAside').mockResolvedValue({ starts_ms: [] })
    const kept = useSetAside('r1')
    await kept.put(4)
    await kept.takeBack()
    expect([kept.aside.value.size, kept.problem.value]).toEqual([0, null])
  })
})
