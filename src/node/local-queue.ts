/** What the last one in each queue waits for. */
const tails = new Map<string, Promise<void>>();

/**
 * Lines up with everybody else in this process, in the order of arrival.
 *
 * @param wait waits for one's turn, or throws to give up.
 * @returns what to call when the next one may go.
 */
export async function enterQueue(
  name: string,
  wait: (turn: Promise<void>) => Promise<void>,
): Promise<() => void> {
  const turn = tails.get(name) ?? Promise.resolve();
  let leave = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const tail = turn.then(() => left);
  tails.set(name, tail);
  void tail.then(() => {
    if (tails.get(name) === tail) tails.delete(name);
  });
  try {
    await wait(turn);
  } catch (error) {
    leave();
    throw error;
  }
  return leave;
}
