/** A sender's network in four steps, from the share of lost packets (0..1) and the round trip in milliseconds. */
export function networkGrade(loss: number, roundTripMs: number): 1 | 2 | 3 | 4 {
  if (loss > 0.1 || roundTripMs > 800) return 1
  if (loss > 0.04 || roundTripMs > 400) return 2
  return loss > 0.01 || roundTripMs > 200 ? 3 : 4
}
