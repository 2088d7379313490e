/** What the class asks of one person right now, and which of it to show. */
import { one, type EntityStore } from './entities'
import type { BreakoutGroup, Checkin, Poll } from './wire'

export type Invitation =
  | { readonly kind: 'checkin'; readonly checkin: Checkin }
  | { readonly kind: 'poll'; readonly poll: Poll }
  | { readonly kind: 'group'; readonly group: BreakoutGroup }

export function keyOf(invitation: Invitation): string {
  if (invitation.kind === 'checkin') return `c${invitation.checkin.id}`
  return invitation.kind === 'poll' ? `p${invitation.poll.id}` : `g${invitation.group.id}`
}

export function answered(store: EntityStore, invitation: Invitation): boolean {
  if (invitation.kind === 'checkin') return (one(store, 'my/checkin', invitation.checkin.id)?.status ?? null) !== null
  return invitation.kind === 'poll' && one(store, 'my/vote', invitation.poll.id) !== undefined
}

/** What somebody asks their own group. They watch the answers come in, and may answer; nothing invites them to what they wrote. */
export const isOwn = (poll: Poll, me: string): boolean => poll.asked_by === me

/** Everything open for this person: the group first, then check-ins and polls, each list in the order given. */
export function openInvitations(group: BreakoutGroup | null, checkins: readonly Checkin[], polls: readonly Poll[]): Invitation[] {
  return [
    ...(group ? [{ kind: 'group' as const, group }] : []),
    ...checkins.filter((checkin) => checkin.state === 'open').map((checkin) => ({ kind: 'checkin' as const, checkin })),
    ...polls.filter((poll) => poll.state === 'open').map((poll) => ({ kind: 'poll' as const, poll })),
  ]
}

/** The one to show: the first unanswered that was not put away, else an answered one that is still on the table. */
export function toShow(store: EntityStore, invitations: readonly Invitation[], putAway: ReadonlySet<string>): Invitation | null {
  const open = invitations.filter((invitation) => !putAway.has(keyOf(invitation)))
  return open.find((invitation) => !answered(store, invitation)) ?? open[0] ?? null
}

/** What was put away without an answer: the badge that brings it back. */
export function waiting(store: EntityStore, invitations: readonly Invitation[], putAway: ReadonlySet<string>): Invitation[] {
  return invitations.filter((invitation) => invitation.kind !== 'group' && putAway.has(keyOf(invitation)) && !answered(store, invitation))
}
