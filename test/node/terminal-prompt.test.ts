import { describe, expect, it } from 'vitest';
import { terminalPrompt } from '../../src/node/index.ts';

const prompt = (minutes = 10) => ({
  userCode: 'WDJB-MJHT',
  verificationUri: 'https://login.example/go',
  verificationUriComplete: 'https://login.example/go?user_code=WDJB-MJHT',
  expiresAt: Date.now() + minutes * 60_000,
});

/** A terminal, and what is on it. */
function terminal(isTTY = true) {
  const written: string[] = [];
  return { output: { isTTY, write: (text: string) => written.push(text) }, written };
}

const renderQr = async (text: string) => `<${text}>\n`;

describe('the prompt in a terminal', () => {
  it('says where to go, with which code, and for how long it is good', async () => {
    const { output, written } = terminal();
    await terminalPrompt({ output })(prompt());
    expect(written).toEqual([
      [
        '',
        'To sign in, open',
        '',
        '    https://login.example/go',
        '',
        'on any device, and type the code',
        '',
        '    WDJB-MJHT',
        '',
        'It is good for 10 minutes. Waiting …',
        '',
        '',
      ].join('\n'),
    ]);
  });

  it('knows one minute from several, and none from the past', async () => {
    const { output, written } = terminal();
    await terminalPrompt({ output })(prompt(1));
    await terminalPrompt({ output })(prompt(-5));
    for (const text of written) expect(text).toContain('good for 1 minute.');
  });

  it('draws a QR code with the code in it', async () => {
    const { output, written } = terminal();
    await terminalPrompt({ output, renderQr })(prompt());
    expect(written.join('')).toContain(
      'or scan this, and compare the code:\n\n<https://login.example/go?user_code=WDJB-MJHT>\n',
    );
  });

  it('draws the short address where there is no other', async () => {
    const { output, written } = terminal();
    const { verificationUriComplete: _, ...rest } = prompt();
    await terminalPrompt({ output, renderQr })(rest);
    expect(written.join('')).toContain('<https://login.example/go>');
  });

  it('draws nothing into a file', async () => {
    const { output, written } = terminal(false);
    await terminalPrompt({ output, renderQr })(prompt());
    expect(written.join('')).not.toContain('<');
    expect(written.join('')).toContain('WDJB-MJHT');
  });

  it('passes on what the drawing throws', async () => {
    const { output } = terminal();
    const broken = () => Promise.reject(new Error('too long'));
    await expect(terminalPrompt({ output, renderQr: broken })(prompt())).rejects.toThrow(
      'too long',
    );
  });

  it('refuses a drawing that is no text, such as that of a program which prints by itself', async () => {
    const { output } = terminal();
    const prints = (() => {}) as never;
    await expect(terminalPrompt({ output, renderQr: prints })(prompt())).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'renderQr',
    });
  });

  it.each<[string, object]>([
    ['output', { output: {} }],
    ['renderQr', { renderQr: true }],
  ])('refuses %s: %o', (option, options) => {
    expect(() => terminalPrompt(options)).toThrow(
      expect.objectContaining({ code: 'invalid_option', option }),
    );
  });
});
