/** One thing to time: a name, and what to do once. */
export interface Subject {
  readonly name: string;
  readonly once: () => unknown;
}

export interface Timing {
  readonly name: string;
  /** The median of all rounds, in nanoseconds for one time. */
  readonly ns: number;
  /** The same as a multiple of the first subject's, round by round. */
  readonly ratio: number;
}

const ROUNDS = 31;

/**
 * Times subjects side by side, so that whatever else the machine does hits all of them: in every round
 * each is awaited so many times, and its ratio to the first one is taken within the round.
 */
export async function sideBySide(subjects: readonly Subject[], times: number): Promise<Timing[]> {
  const rounds: number[][] = subjects.map(() => []);
  for (let round = -3; round < ROUNDS; round++) {
    for (const [index, { once }] of subjects.entries()) {
      const start = process.hrtime.bigint();
      for (let time = 0; time < times; time++) await once();
      const ns = Number(process.hrtime.bigint() - start) / times;
      if (round >= 0) rounds[index]?.push(ns);
    }
  }
  const floor = rounds[0] ?? [];
  return subjects.map(({ name }, index) => {
    const own = rounds[index] ?? [];
    return {
      name,
      ns: median(own),
      ratio: median(own.map((ns, round) => ns / (floor[round] ?? ns))),
    };
  });
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** A table whose first column is text and whose others are numbers. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2),
      )
      .join('');
  return rows.map(line).join('\n');
}
