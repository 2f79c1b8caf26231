import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { failedWith } from './system-errors.ts';

/**
 * A process, so that others can tell whether it is still the same one that lives: process ids are
 * used again, and mean something in their namespace only. What a platform does not tell is empty.
 */
interface Owner {
  readonly host: string;
  /** Another one for each time the machine was started. */
  readonly boot: string;
  /** The namespace of the process id. */
  readonly namespace: string;
  readonly pid: string;
  /** When the process was started, in ticks since the machine was. */
  readonly started: string;
}

/** This process, as a part of a file's name. */
export function describeOwner(): string {
  const { host, boot, namespace, pid, started } = ourselves();
  return [host, boot, namespace, pid, started].join('.');
}

/** Whether the process is certainly not there any more. */
export function isDead(description: string): boolean {
  const [host = '', boot = '', namespace = '', pid = '', started = ''] = description.split('.');
  const we = ourselves();
  if (host !== we.host || !/^\d+$/.test(pid)) return false;
  if (boot !== we.boot) return boot !== '' && we.boot !== '';
  if (namespace !== we.namespace) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (failedWith(error, 'ESRCH')) return true;
  }
  const process_ = readProcess(pid);
  return process_ !== undefined && (process_.isZombie || process_.started !== started);
}

let known: Owner | undefined;

function ourselves(): Owner {
  known ??= {
    host: short(hostname()),
    boot: short(textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))),
    namespace: textOf(() => readlinkSync('/proc/self/ns/pid')).replace(/\D/g, ''),
    pid: String(process.pid),
    started: readProcess(String(process.pid))?.started ?? '',
  };
  return known;
}

/** What Linux says about a process; nothing elsewhere. */
function readProcess(pid: string): { isZombie: boolean; started: string } | undefined {
  // The second field is the program's name in parentheses, which may hold anything.
  const [, fields] =
    /\) ([^)]*)$/s.exec(textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))) ?? [];
  const [state = '', ...rest] = fields?.split(' ') ?? [];
  return fields ? { isZombie: /[ZXx]/.test(state), started: rest[18] ?? '' } : undefined;
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function short(text: string): string {
  return text && createHash('sha256').update(text).digest('hex').slice(0, 16);
}
