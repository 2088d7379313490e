import { describe, expect, it } from 'vitest'
import { newsSince, spokenNews } from '../src/core/spoken_news'

const ids = (...names: string[]): { id: string }[] => names.map((id) => ({ id }))
const say = (message: { id: string }): string => `says ${message.id}.`
const sayCount = (n: number): string => `${n} new`

describe('what is said of a chat', () => {
  it('is only what came after the last one heard', () => expect(newsSince(ids('a', 'b', 'c'), 'a')).toEqual(ids('b', 'c')))
  it('is nothing when nothing came', () => expect(newsSince(ids('a', 'b'), 'b')).toEqual([]))
  it('is everything in a chat that was empty', () => expect(newsSince(ids('a'), null)).toEqual(ids('a')))
  it('is the words of a few', () => expect(spokenNews(ids('a', 'b', 'c'), say, sayCount)).toBe('says a. says b. says c.'))
  it('is a number when there are many', () => expect(spokenNews(ids('a', 'b', 'c', 'd'), say, sayCount)).toBe('4 new'))
})
