import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLOSED, pressed, type Choosing } from '../src/core/choosing'

const open = (at: number): Choosing => ({ open: true, at })

describe('choosing from suggestions by keys', () => {
  it('opens at the first or the last one', () => {
    expect(pressed(CLOSED, 'ArrowDown', 3)?.list).toEqual(open(0))
    expect(pressed(CLOSED, 'ArrowUp', 3)?.list).toEqual(open(2))
  })

  it('goes round', () => {
    expect(pressed(open(2), 'ArrowDown', 3)?.list).toEqual(open(0))
    expect(pressed(open(0), 'ArrowUp', 3)?.list).toEqual(open(2))
    expect(pressed(open(-1), 'ArrowDown', 3)?.list).toEqual(open(0))
  })

  it('takes what is marked and closes', () => expect(pressed(open(1), 'Enter', 3)).toEqual({ list: CLOSED, take: 1 }))

  it('leaves keys alone that mean something else now', () => {
    expect([pressed(CLOSED, 'Enter', 3), pressed(open(-1), 'Enter', 3), pressed(CLOSED, 'Escape', 3), pressed(open(1), 'a', 3), pressed(open(2), 'Enter', 2)]).toEqual([null, null, null, null, null])
  })

  it('never marks or takes what is not there', () => {
    const keys = fc.array(fc.tuple(fc.constantFrom('ArrowDown', 'ArrowUp', 'Enter', 'Escape', 'x'), fc.nat(4)))
    fc.assert(
      fc.property(keys, (presses) => {
        let list = CLOSED
        for (const [key, count] of presses) {
          const step = pressed(list, key, count)
          if (step === null) continue
          list = step.list
          expect(list.at).toBeLessThan(count === 0 ? 0 : count)
          expect(step.take ?? -1).toBeLessThan(count)
        }
      }),
    )
  })
})
