const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Until everything that can happen without anybody's help has happened. */
export async function quiet(turns = 20): Promise<void> {
  for (let left = turns; left > 0; left -= 1) await turn();
}

/** Until it is so; the test's time limit says when it will not be. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}
