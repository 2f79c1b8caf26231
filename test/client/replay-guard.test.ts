import { describe, expect, it } from 'vitest';
import type { ClientContext } from '../../src/client/create-client.ts';
import { guardOf } from '../../src/client/replay-guard.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const setUp = () => {
  const clock = createFakeClock();
  const context = { clock } as unknown as ClientContext;
  return { clock, context, guard: guardOf(context, undefined) };
};

describe('the replay guard in memory', () => {
  it('takes an identifier once, until it lapses', () => {
    const { clock, guard } = setUp();
    const until = clock.now() + 60_000;
    expect(guard.isNew('a', until)).toBe(true);
    expect(guard.isNew('a', until)).toBe(false);
    clock.advance(60_000);
    expect(guard.isNew('a', until)).toBe(false);
    clock.advance(1);
    expect(guard.isNew('a', clock.now() + 60_000)).toBe(true);
  });

  it('is one for each client, and another for another', () => {
    const { clock, context, guard } = setUp();
    const until = clock.now() + 60_000;
    void guard.isNew('a', until);
    expect(guardOf(context, undefined).isNew('a', until)).toBe(false);
    expect(setUp().guard.isNew('a', until)).toBe(true);
  });

  it('forgets what has lapsed, and nothing else, when many come', () => {
    const { clock, guard } = setUp();
    const start = clock.now();
    void guard.isNew('long', start + 120_000);
    void guard.isNew('short', start + 1_000);
    clock.advance(2_000);
    for (let count = 0; count < 2_500; count += 1) void guard.isNew(`${count}`, start + 60_000);
    expect(guard.isNew('long', start + 120_000)).toBe(false);
    expect(guard.isNew('2', start + 60_000)).toBe(false);
    // Set back, the clock would show an identifier that is still kept.
    clock.setWall(start);
    expect(guard.isNew('short', start + 1_000)).toBe(true);
  });
});
