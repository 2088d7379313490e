import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mixed } from '../src/core/right_order'

describe('a ranking written down in the right order', () => {
  it('is given in another order, from which the right one is found again', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 10 }), (inOrder) => {
      const { options, right } = mixed(inOrder)
      expect(right.map((at) => options[at])).toEqual(inOrder)
      expect(options).not.toEqual(inOrder)
      expect([...options].sort()).toEqual([...inOrder].sort())
    }))
  })

  it('does not tell by its order what is right', () => {
    expect(mixed(['C', 'A', 'B']).options).toEqual(mixed(['B', 'C', 'A']).options)
  })
})
