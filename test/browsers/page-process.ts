import { readdirSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { Tab } from './engine.ts';

/** The process that runs a tab's page. Linux only. */
export interface PageProcess {
  readonly pid: number;
  /** It is there, and does nothing, as on a machine that has put it to sleep. Thawed with the test. */
  freeze(): void;
  thaw(): void;
  /** It ends without a word. */
  kill(): void;
}

/**
 * Finds the process by its work: of those that this one has started it is the one that works while
 * the page does, twice in a row, because others may have something to do as well.
 */
export async function processOf(tab: Tab): Promise<PageProcess> {
  let last: number | undefined;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const before = new Map(descendants().map((one) => [one.pid, one.ticks]));
    await tab.evaluate(
      `(() => { const end = performance.now() + ${WORK_MS}; while (performance.now() < end); })()`,
    );
    const worked = descendants()
      .map(({ pid, ticks }) => ({ pid, ticks: ticks - (before.get(pid) ?? 0) }))
      .sort((a, b) => b.ticks - a.ticks);
    const [first, second] = worked;
    const isClear = first && first.ticks > 2 * (second?.ticks ?? 0);
    if (isClear && first.pid === last) return pageProcess(last);
    last = isClear ? first.pid : undefined;
  }
  throw new Error('No process works when the page does.');
}

const MOST_ROUNDS = 20;
const WORK_MS = 250;

function pageProcess(pid: number): PageProcess {
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch {
      // It is no more.
    }
  };
  // Nobody can close a browser that does not listen.
  onTestFinished(() => signal('SIGCONT'));
  return {
    pid,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    kill: () => signal('SIGKILL'),
  };
}

/** Everything that was started from here, with the time it has worked. */
function descendants(): { pid: number; ticks: number }[] {
  const all = new Map<number, { parent: number; ticks: number }>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const fields = Number.isInteger(pid) ? statOf(pid) : undefined;
    // See proc(5): after the program's name come the state, the parent and, later, two times.
    if (fields) {
      all.set(pid, { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) });
    }
  }
  const isOurs = (pid: number): boolean => {
    const { parent } = all.get(pid) ?? {};
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  return [...all].filter(([pid]) => isOurs(pid)).map(([pid, { ticks }]) => ({ pid, ticks }));
}

function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
