import { describe, expect, it } from 'vitest'
import { nameIn } from '../src/rest/files'

describe('the name of a file that is saved', () => {
  it('is the one in UTF-8', () => expect(nameIn(`attachment; filename="feedback.csv"; filename*=UTF-8\'\'feedback-%E6%B6%88%E9%98%B2.csv`)).toBe('feedback-消防.csv'))
  it('or else the plain one, or none', () => expect([nameIn('attachment; filename="a b.xlsx"'), nameIn('inline')]).toEqual(['a b.xlsx', '']))
})
