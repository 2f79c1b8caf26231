/** What this page has told its console, because not every driver hears it. */
export const said: string[] = [];

for (const level of ['debug', 'dir', 'error', 'info', 'log', 'table', 'trace', 'warn'] as const) {
  const say = console[level].bind(console);
  console[level] = (...words: unknown[]) => {
    said.push(words.map(asText).join(' '));
    say(...words);
  };
}

function asText(word: unknown): string {
  if (word instanceof Error) return `${word.stack} ${word.message} ${JSON.stringify(word)}`;
  return typeof word === 'object' ? JSON.stringify(word) : String(word);
}
