/** An expression for a driver: yields a promise of JSON, never rejects. */
export function toJsonExpression(expression: string): string {
  return `(async () => {
    try {
      return JSON.stringify({ value: await (${expression}\n) });
    } catch (error) {
      return JSON.stringify({ error: String(error), stack: String(error?.stack ?? '') });
    }
  })()`;
}

/** The value that such an expression yielded, or a throw of its error. */
export function fromJson<T>(json: unknown, expression: string): T {
  if (typeof json !== 'string') throw new Error(`The page answered ${String(json)}: ${expression}`);
  const answer = JSON.parse(json) as { value?: T; error?: string; stack?: string };
  if (answer.error !== undefined) {
    throw new Error(`${answer.error} (in the page: ${expression})\n${answer.stack}`);
  }
  return answer.value as T;
}
