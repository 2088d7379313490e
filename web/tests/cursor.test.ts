import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Cursor, type Outcome } from '../src/core/cursor'
import { snapshot, type EntityStore } from '../src/core/entities'
import type { Batch, Json, Welcome } from '../src/core/wire'

interface Step {
  welcome?: Welcome
  batch?: Batch
  outcome: Outcome
}
interface Case {
  name: string
  steps: Step[]
  seq: number | null
  log: number[]
  entities: Record<string, Json>
}
const { cases } = JSON.parse(readFileSync(new URL('../../tests/vectors/cursor.json', import.meta.url), 'utf8')) as { cases: Case[] }

describe('the cursor, by its vectors', () => {
  it.each(cases)('$name', ({ steps, seq, log, entities }) => {
    const store: EntityStore = new Map()
    const cursor = new Cursor(store)
    const outcomes = steps.map((step) => (step.welcome ? cursor.receiveWelcome(step.welcome) : step.batch ? cursor.receiveBatch(step.batch) : 'gap'))
    expect(outcomes).toEqual(steps.map((step) => step.outcome))
    expect(cursor.seq).toBe(seq)
    expect(cursor.log.map((event) => event.seq)).toEqual(log)
    expect(snapshot(store)).toEqual(entities)
  })
})

it('keeps a bounded log and says where it starts', () => {
  const cursor = new Cursor(new Map())
  cursor.receiveWelcome({ participant_id: 'p', role: 'learner', resume_token: '', seq: 0, utc_ms: 0, entities: {} })
  const event = (seq: number) => ({ seq, type: 't', utc_ms: 0, session_ms: 0, actor: null, put: [] })
  cursor.receiveBatch({ from: 0, to: 20_010, events: Array.from({ length: 20_010 }, (_, at) => event(at + 1)) })
  expect(cursor.log).toHaveLength(20_000)
  expect(cursor.dropped).toBe(10)
  expect(cursor.logStart).toBe(10)
  expect(cursor.log[0]?.seq).toBe(11)
})
