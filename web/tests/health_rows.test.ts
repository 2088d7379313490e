import { describe, expect, it } from 'vitest'
import { healthRows } from '../src/core/health_rows'
import type { HealthNote, Participant, Role } from '../src/core/wire'

const person = (id: string, role: Role, online = true): Participant => ({ id, name: id, role, online, device: 'pc', group: null })
const note = (participant: string, ...since: number[]): HealthNote => ({ participant, troubles: since.map((since_ms, at) => ({ code: (['slow_answers', 'sending_lossy'] as const)[at] ?? 'media_lost', since_ms })) })
const seen = (notes: HealthNote[], people: Participant[]) => healthRows(notes, people).map((row) => row.key)

describe('health rows', () => {
  it('name leaders first, then whoever suffers longest', () => {
    const people = [person('ann', 'learner'), person('ben', 'learner'), person('teacher', 'presenter')]
    expect(seen([note('ann', 5000, 1000), note('ben', 3000), note('teacher', 9000)], people)).toEqual(['teacher/slow_answers', 'ann/sending_lossy', 'ben/slow_answers', 'ann/slow_answers'])
  })
  it('say who is out of the class', () => {
    const people = [person('ann', 'learner', false), person('ben', 'learner')]
    expect(healthRows([note('ann', 1000), note('ben', 1000)], people).map((row) => row.here)).toEqual([false, true])
  })
})
