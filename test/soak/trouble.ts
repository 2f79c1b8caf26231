import { setTimeout as pause } from 'node:timers/promises';
import type { SessionProcess } from './processes.ts';
import type { LoggedProvider } from './server-log.ts';

export interface TroubleOptions {
  readonly seconds: number;
  /** The first one is left alone. */
  readonly processes: readonly (SessionProcess | undefined)[];
  readonly server: LoggedProvider;
  /** Starts another process. */
  readonly start: () => Promise<void>;
}

export interface Trouble {
  /** Returns when all is in order again. */
  stop(): Promise<void>;
}

/** Of ten kills, this one waits for a process whose refresh token has just been rotated. */
const AIMED = 5;

/**
 * Kills one process each second, with another one in its place, and stops one for a good part of
 * the time: 30 seconds of 60. Most are picked blindly; some at the worst moment.
 */
export function startTrouble({ processes, seconds, server, start }: TroubleOptions): Trouble {
  const starting = new Set<Promise<void>>();
  let stopped: SessionProcess | undefined;
  let isArmed = false;
  let aimed = 0;
  let isOver = false;

  const victims = () =>
    processes.filter(
      (one, index): one is SessionProcess =>
        index > 0 && one !== undefined && one.killedAt === undefined && one !== stopped,
    );
  const any = () => {
    const all = victims();
    return all[Math.floor(Math.random() * all.length)];
  };
  const kill = (victim: SessionProcess | undefined) => {
    if (!victim || victim.killedAt !== undefined) return;
    victim.kill();
    const work = start().finally(() => starting.delete(work));
    starting.add(work);
  };

  server.onRotation = (request) => {
    const victim = victims().find(({ name }) => name === request.process);
    if (!isArmed || isOver || !victim) return undefined;
    isArmed = false;
    aimed += 1;
    // Before the answer leaves, which is a certain loss, or as it leaves, which is a race.
    if (aimed % 2) kill(victim);
    return aimed % 2 ? undefined : () => kill(victim);
  };

  const killing = async () => {
    for (let second = 1; second <= seconds; second++) {
      await pause(1_000);
      if (isOver) return;
      if (second % 10 === AIMED) isArmed = true;
      else kill(any());
    }
  };
  const stopping = async () => {
    await pause(seconds * 150);
    stopped = any();
    stopped?.stop();
    await pause(seconds * (seconds < 60 ? 333 : 500));
    stopped?.thaw();
    stopped = undefined;
  };
  const all = Promise.all([killing(), stopping()]);

  return {
    async stop() {
      isOver = true;
      await all;
      await Promise.all(starting);
    },
  };
}
