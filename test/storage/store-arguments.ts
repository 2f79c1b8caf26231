import { expect, it } from 'vitest';
import type { SessionStore } from '../../src/storage/session-store.ts';
import { failureOf } from '../support/relying-party.ts';

/** What every store of ours refuses, whatever is in it. */
export function refusesWrongArguments(create: () => SessionStore): void {
  const loose = create as unknown as () => Record<string, (...args: unknown[]) => Promise<unknown>>;
  const times = { leaseMs: 1_000, patienceMs: 2_000 };

  async function expectRefusal(option: string, method: string, args: unknown[]): Promise<void> {
    const error = await failureOf(async () => loose()[method]?.(...args));
    expect(error).toMatchObject({ name: 'ConfigurationError', code: 'invalid_option', option });
  }

  it.each([undefined, null, '', 5, {}])('refuses a key that is no text (%j)', async (key) => {
    await expectRefusal('key', 'read', [key]);
    await expectRefusal('key', 'write', [key, 'value', null]);
    await expectRefusal('key', 'delete', [key, 'revision']);
    await expectRefusal('key', 'withLock', [key, async () => {}, times]);
    if ('watch' in loose()) await expectRefusal('key', 'watch', [key, () => {}]);
  });

  it.each([undefined, null, 5, {}, Buffer.from('value')])(
    'refuses a value that is no string (%j)',
    (value) => expectRefusal('value', 'write', ['a', value, null]),
  );

  it.each([undefined, 5, {}])('refuses an expectation that is none (%j)', async (expected) => {
    await expectRefusal('expectedRevision', 'write', ['a', 'value', expected]);
    await expectRefusal('expectedRevision', 'delete', ['a', expected]);
    await expectRefusal('expectedRevision', 'delete', ['a', null]);
  });
}
