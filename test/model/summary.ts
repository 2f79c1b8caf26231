import { type Excuse, excuses, type Invariant, invariants, type Statistics } from './ledger.ts';

/** What a person wants to know after many runs. */
export function summaryOf(seed: number, statistics: Statistics): string {
  const rows: (readonly [string, string])[] = [
    ['runs', shown(statistics.runs)],
    ['failures', shown(statistics.failures)],
    ['seed', String(seed)],
    ['commands', shown(statistics.commands)],
    ['virtual hours', shown(Math.round(statistics.virtualMs / 3_600_000))],
    ['contexts', shown(statistics.contexts)],
    ['crashes', shown(statistics.crashes)],
    ['freezes', shown(statistics.freezes)],
    ['engines closed in between', shown(statistics.closes)],
    ['reads', shown(statistics.reads)],
    ['refresh requests', shown(statistics.requests)],
    ['rotations', shown(statistics.rotations)],
    ['answers that nobody could keep', shown(statistics.lostAnswers)],
    ['reuses because of them', shown(statistics.reusesInWindow)],
    ['sessions ended by verdict', shown(statistics.endedByVerdict)],
    ['locks taken over', shown(statistics.takeovers)],
    ['writes refused by the store', shown(statistics.degradedStores)],
    ['sign-ins refused', shown(statistics.refusedSignIns)],
    ['of these stored all the same', shown(statistics.refusedSignInsStored)],
    ...Object.entries(invariants).map(
      ([name, what]) =>
        [`${name} ${what}`, `${shown(statistics[name as Invariant])} checks`] as const,
    ),
    ...Object.entries(excuses).map(
      ([name, what]) => [`excuse, ${what}`, `${shown(statistics[name as Excuse])} times`] as const,
    ),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n');
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}
