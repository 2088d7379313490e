import { expect, it } from 'vitest'
import { CommandQueue, LIMIT } from '../src/core/command_queue'

const command = (id: string) => ({ id, type: 'chat_send', data: { text: id } })

it('keeps what has no answer, oldest first, for the return', async () => {
  const queue = new CommandQueue()
  const [a, b] = [queue.push(command('a')), queue.push(command('b'))]
  queue.settle('a', { ok: true, result: {}, seq: 1 })
  expect(queue.unsettled().map((waiting) => waiting.id)).toEqual(['b'])
  queue.settle('b', { error: { code: 'poll_closed', message: '' } })
  expect(await a).toEqual({ ok: true, result: {}, seq: 1 })
  expect(await b).toEqual({ error: { code: 'poll_closed', message: '' } })
  expect(queue.size).toBe(0)
})

it('takes the first of two answers', async () => {
  const queue = new CommandQueue()
  const answer = queue.push(command('a'))
  queue.settle('a', { ok: true, result: 1, seq: 1 })
  queue.settle('a', { error: { code: 'late', message: '' } })
  expect(await answer).toMatchObject({ result: 1 })
})

it('refuses above its bound and counts it', async () => {
  const queue = new CommandQueue()
  for (let at = 0; at < LIMIT; at += 1) void queue.push(command(String(at)))
  expect(await queue.push(command('one more'))).toMatchObject({ error: { code: 'too_many_waiting' } })
  expect(queue.refused).toBe(1)
  expect(queue.size).toBe(LIMIT)
})

it('answers everybody when it is abandoned', async () => {
  const queue = new CommandQueue()
  const answer = queue.push(command('a'))
  queue.abandon('session_over', '')
  expect(await answer).toMatchObject({ error: { code: 'session_over' } })
})
