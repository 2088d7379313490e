import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changeOf } from '../src/core/text_change'

const text = fc.string({ unit: 'grapheme', maxLength: 30 })

describe('what changed in a text', () => {
  it('makes the one of the other, whatever the caret says, and cuts no character', () => {
    fc.assert(fc.property(text, text, fc.nat(40), (before, after, caret) => {
      const change = changeOf(before, after, caret)
      if (!change) {
        expect(before).toBe(after)
        return
      }
      expect(before.slice(0, change.at) + change.inserted + before.slice(change.at + change.removed)).toBe(after)
      expect(change.inserted).not.toMatch(/\p{Surrogate}/u)
      expect(before.slice(change.at, change.at + change.removed)).not.toMatch(/\p{Surrogate}/u)
    }))
  })
  it('finds what was typed, deleted and replaced where the caret stands', () => {
    fc.assert(fc.property(text, text, text, (head, typed, tail) => {
      const change = changeOf(head + tail, head + typed + tail, (head + typed).length)
      expect(change?.inserted ?? '').toHaveLength(typed.length)
      expect(changeOf(head + typed + tail, head + tail, head.length)?.removed ?? 0).toBe(typed.length)
    }))
    expect(changeOf('aa', 'aaa', 1)).toEqual({ at: 0, removed: 0, inserted: 'a' })
    expect(changeOf('aa', 'aaa', 3)).toEqual({ at: 2, removed: 0, inserted: 'a' })
    expect(changeOf('😀', '😁', 2)).toEqual({ at: 0, removed: 2, inserted: '😁' })
  })
})
