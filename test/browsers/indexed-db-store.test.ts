import { expect, it } from 'vitest';
import type { TestStore } from './page/test-store.ts';
import { inEachEngine } from './rig.ts';
import { inStore, openStorePage, refusedFrame, untilStore } from './stores.ts';
import { other } from './world/names.ts';

inEachEngine('a store in IndexedDB', (rig) => {
  it.each([
    ['with Web Locks', {}],
    ['without Web Locks', { webLocks: false as const }],
  ])('keeps the contract in a page and its worker, %s', async (_, options) => {
    const tab = await openStorePage(await rig.newProfile(), options);
    await tab.evaluate('void t.contract().then((failures) => { window.failures = failures })');

    expect(await tab.waitFor('window.failures', { timeoutMs: 50_000 })).toEqual([]);
  });

  it('is one for all tabs, and tells them of changes', async () => {
    const profile = await rig.newProfile();
    const [tab, other] = [await openStorePage(profile), await openStorePage(profile)];
    await inStore(other, (t) => t.hasChanged('a'));
    const revision = await inStore(tab, (t) => t.store.write('a', '1', null));

    await untilStore(other, (t) => t.hasChanged('a'));
    expect(await inStore(other, (t) => t.store.read('a'))).toEqual({ value: '1', revision });
    const write = (t: TestStore, expected: string) => t.store.write('a', '2', expected);
    const both = await Promise.all([
      inStore(tab, write, revision as string),
      inStore(other, write, revision as string),
    ]);
    expect(both.filter((written) => written)).toHaveLength(1);
  });

  it('lets one tab at a time work', async () => {
    const profile = await rig.newProfile();
    const tabs = [await openStorePage(profile), await openStorePage(profile)] as const;
    await inStore(tabs[0], (t) => t.store.write('count', '0', null));
    const add = async (t: TestStore) => {
      for (let round = 0; round < 10; round += 1) {
        await t.store.withLock(
          'count',
          async () => {
            const { revision, value } = (await t.store.read('count')) ?? {
              revision: '',
              value: '',
            };
            const written = await t.store.write('count', `${Number(value) + 1}`, revision);
            if (!written) throw new Error('Somebody was at work under the same lock.');
          },
          { leaseMs: 10_000, patienceMs: 20_000 },
        );
      }
    };
    await Promise.all(tabs.map((tab) => inStore(tab, add)));

    expect(await inStore(tabs[0], (t) => t.store.read('count'))).toMatchObject({ value: '20' });
  });

  it.each([
    ['is closed', 60_000],
    // Chromium keeps the page for later, with its locks, until it hears something.
    ['goes to another page', 9_000],
  ])(
    'gives the lock of a tab that %s to one that waits, before the lease',
    async (how, leaseMs) => {
      const profile = await rig.newProfile();
      const [owner, waiter] = [await openStorePage(profile), await openStorePage(profile)];
      const lock = (t: TestStore, leaseMs: number) =>
        t.lock(t.store, 'a', { leaseMs, patienceMs: 61_000 });
      await inStore(owner, lock, leaseMs);
      await untilStore(owner, (t) => t.log.length);
      await inStore(waiter, lock, leaseMs);
      if (how === 'is closed') await owner.close();
      else await owner.goto(`${other}/elsewhere`);

      const note = await untilStore(waiter, (t) => t.log[0]);
      expect(note.what).toBe('begun');
      expect(note.afterMs).toBeLessThan(7_000);
      await inStore(waiter, (t) => t.unlock());
      await untilStore(waiter, (t) => t.log[1]?.what === 'ended');
    },
  );

  it('keeps nobody waiting for a tab that has gone to another page while it wrote', async () => {
    const profile = await rig.newProfile();
    const [leaving, staying] = [await openStorePage(profile), await openStorePage(profile)];
    await inStore(leaving, (t) => t.keepWriting('a'));
    await inStore(staying, (t) => t.hasChanged('a'));
    await untilStore(staying, (t) => t.hasChanged('a'));
    await leaving.goto(`${other}/elsewhere`);

    expect(await inStore(staying, (t) => t.store.write('b', '1', null))).toBeTruthy();
  });

  it('gives the lock of one that sleeps to one that waits, after the lease', async () => {
    const tab = await openStorePage(await rig.newProfile());
    await inStore(tab, (t) => t.lock(t.worker, 'a', { leaseMs: 60_000, patienceMs: 61_000 }));
    await untilStore(tab, (t) => t.log.length);
    await inStore(tab, (t) => {
      t.worker.block(3_000);
      t.lock(t.store, 'a', { leaseMs: 500, patienceMs: 10_000 });
    });

    const note = await untilStore(tab, (t) => t.log[1]);
    expect(note.what).toBe('begun');
    expect(note.afterMs).toBeGreaterThan(480);
    expect(note.afterMs).toBeLessThan(2_500);
  });

  it('keeps the lock of one that lives from one that waits', async () => {
    const tab = await openStorePage(await rig.newProfile());
    await inStore(tab, (t) => t.lock(t.worker, 'a', { leaseMs: 60_000, patienceMs: 61_000 }));
    await untilStore(tab, (t) => t.log.length);
    await inStore(tab, (t) => t.lock(t.store, 'a', { leaseMs: 300, patienceMs: 1_500 }));

    expect(await untilStore(tab, (t) => t.log[1])).toMatchObject({ what: 'lock_timeout' });
  });

  it('makes a database that somebody has deleted again', async () => {
    const profile = await rig.newProfile();
    const [tab, stranger] = [await openStorePage(profile), await openStorePage(profile)];
    await inStore(tab, (t) => t.store.write('a', '1', null));
    await stranger.evaluate(`new Promise((resolve, reject) => {
      const deletion = indexedDB.deleteDatabase('relier');
      deletion.onsuccess = () => resolve();
      deletion.onerror = deletion.onblocked = () => reject(new Error('It is in use.'));
    })`);

    expect(await inStore(tab, (t) => t.store.read('a'))).toBeUndefined();
    expect(await inStore(tab, (t) => t.store.write('a', '2', null))).toBeTruthy();
    expect(await inStore(stranger, (t) => t.store.read('a'))).toMatchObject({ value: '2' });
  });

  it('says so where the page may store nothing', async () => {
    const profile = await rig.newProfile();
    const tab = await profile.open(`${other}/store`);

    for (const said of await refusedFrame(tab)) {
      expect(said).toMatchObject({
        code: 'storage_failed',
        reason: 'SecurityError',
        retryable: false,
      });
    }
  });
});
