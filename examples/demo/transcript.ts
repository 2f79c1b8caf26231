import { styleText } from 'node:util';
import { isRelierError, type TokenSet, type TraceEvent } from 'relier';
import { fingerprint } from '../spa/src/fingerprint.ts';

export interface Transcript {
  line(text?: string): void;
  title(text: string): void;
  fact(label: string, text: string): void;
  step(number: number, title: string, story: string): StepTranscript;
}

export interface StepTranscript {
  /** What a step tells about itself. */
  say(label: string, text: string): void;
  /** For `createClient({ trace })`: prints requests as they are answered and collects checks. */
  trace(event: TraceEvent): void;
  passed(): void;
  failed(error: unknown): void;
}

const margin = ' '.repeat(14);

/** Prints the demo's story; coloured on a terminal, unless NO_COLOR is set. */
export function createTranscript(out: NodeJS.WriteStream = process.stdout): Transcript {
  const colours = out.isTTY && !process.env['NO_COLOR'];
  const paint: typeof styleText = colours ? styleText : (_format, text) => text;
  const width = Math.max(60, Math.min(out.columns || 100, 100));
  const line = (text = '') => void out.write(`${text}\n`);

  function fact(label: string, text: string): void {
    const [first = '', ...more] = wrap(text, width - margin.length);
    line(`   ${paint('dim', label.padEnd(margin.length - 3))}${first}`);
    for (const rest of more) line(`${margin}${rest}`);
  }

  function step(number: number, title: string, story: string): StepTranscript {
    const started = performance.now();
    const checks = new Map<string, Set<string>>();

    line();
    line(`${paint('bold', `${number}  ${title}`)}`);
    line(`   ${story}`);

    function end(mark: string, text: string): void {
      for (const [subject, names] of checks)
        fact('checked', `${subject}: ${[...names].join(', ')}`);
      line(`   ${mark} ${text} after ${ms(performance.now() - started)}`);
    }

    return {
      say: fact,
      trace(event) {
        if (event.type === 'response') {
          const method = event.method.padEnd(4);
          const time = ms(event.durationMs).padStart(6);
          fact('request', `${method}  ${event.status}  ${time}  ${new URL(event.url).pathname}`);
        }
        if (event.type === 'check') {
          // Such as `id_token.aud`: told by what was checked.
          const [subject = '', name = ''] = event.check.split(/\.(.*)/);
          checks.set(subject, (checks.get(subject) ?? new Set()).add(name));
        }
      },
      passed: () => end(paint('green', '✓'), 'done'),
      failed(error) {
        fact('error', describeError(error));
        end(paint('red', '✗'), 'failed');
      },
    };
  }

  return { line, title: (text) => line(paint('bold', text)), fact, step };
}

/** The facts of a token set that may be shown: never the tokens. */
export async function describeTokens(tokens: TokenSet): Promise<string> {
  const lifetime = tokens.expiresAt && Math.round((tokens.expiresAt - tokens.obtainedAt) / 1000);
  return [
    `${tokens.tokenType} ${await fingerprint(tokens.accessToken)}`,
    tokens.scope && `for ${tokens.scope}`,
    lifetime && `lives ${lifetime} s`,
    tokens.refreshToken && `refresh token ${await fingerprint(tokens.refreshToken)}`,
  ]
    .filter(Boolean)
    .join(', ');
}

export function describeError(error: unknown): string {
  if (isRelierError(error)) return `${error.code}: ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
