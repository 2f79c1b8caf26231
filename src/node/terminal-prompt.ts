import type { DevicePrompt } from '../flows/device-authorization.ts';
import { invalidOption, requireFunctions, requireMethods, requireOptions } from '../options.ts';

/** What {@link terminalPrompt} takes. */
export interface TerminalPromptOptions {
  /**
   * Draws a QR code as text, such as the `toString` of the package `qrcode` with `type: 'terminal'`.
   * Drawn for people only: not where the output goes into a file or a log.
   */
  readonly renderQr?: ((text: string) => string | Promise<string>) | undefined;
  /**
   * Where to write.
   * @default process.stderr, so that the program's own output stays clean
   */
  readonly output?: TerminalOutput | undefined;
}

/** What a terminal takes; `process.stderr` and `process.stdout` fit. */
export interface TerminalOutput {
  /** Whether somebody is looking. */
  readonly isTTY?: boolean | undefined;
  /** Writes text as it is. */
  write(text: string): unknown;
}

/**
 * Tells the person in the terminal where to go with another device, and with which code.
 *
 * @param options `renderQr`, `output`.
 * @returns the value for `signInWithDevice(client, { prompt })`.
 * @throws ConfigurationError `invalid_option`
 * @see RFC 8628 section 3.3
 *
 * @example
 * ```ts
 * import { type Client } from 'relier'
 * import { signInWithDevice, terminalPrompt } from 'relier/node'
 *
 * export const signIn = (client: Client, renderQr: (text: string) => Promise<string>) =>
 *   signInWithDevice(client, { prompt: terminalPrompt({ renderQr }) })
 * ```
 */
export function terminalPrompt(
  options: TerminalPromptOptions = {},
): (prompt: DevicePrompt) => Promise<void> {
  requireOptions(options);
  const { output = process.stderr, renderQr } = options;
  requireMethods(output, 'output', ['write']);
  requireFunctions(options, ['renderQr']);

  return async ({ expiresAt, userCode, verificationUri, verificationUriComplete }) => {
    const minutes = Math.max(1, Math.round((expiresAt - Date.now()) / 60_000));
    const lines = ['', 'To sign in, open', '', `    ${verificationUri}`, ''];
    lines.push('on any device, and type the code', '', `    ${userCode}`, '');
    if (renderQr && output.isTTY) {
      const drawn: unknown = await renderQr(verificationUriComplete ?? verificationUri);
      if (typeof drawn !== 'string') throw invalidOption('renderQr', 'must give a text');
      lines.push('or scan this, and compare the code:', '', drawn.trimEnd(), '');
    }
    lines.push(`It is good for ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}. Waiting …`, '');
    output.write(`${lines.join('\n')}\n`);
  };
}
