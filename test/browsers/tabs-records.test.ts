import { expect, it } from 'vitest';
import { appReady, clickWay, inApp, untilApp } from './app-page.ts';
import type { Tab } from './engine.ts';
import type { StoredRecord } from './page/test-page.ts';
import { inEachEngine } from './rig.ts';
import { allAtOnce, elevenMinutesMs, endings, setClocks, signedInTabs } from './tabs.ts';

const parts = (stored: StoredRecord) => JSON.parse(stored.value) as Record<string, unknown>;

function withParts(stored: StoredRecord, changed: Record<string, unknown>) {
  return { revision: 'changed', value: JSON.stringify({ ...parts(stored), ...changed }) };
}

/** What has become of the record, and what the tabs say then. */
const tampered: Record<string, [(stored: StoredRecord) => unknown, reason: string]> = {
  'is of a later version': [(stored) => withParts(stored, { version: 2 }), 'unreadable'],
  'was cut off': [(stored) => ({ ...stored, value: stored.value.slice(0, 100) }), 'unreadable'],
  'is no record': [() => ({ hello: 'world' }), 'unreadable'],
  'is of another session': [
    (stored) => withParts(stored, { key: `${parts(stored)['key']}2` }),
    'unreadable',
  ],
  'was deleted': [() => undefined, 'elsewhere'],
};

inEachEngine('a record that somebody else has changed', (rig) => {
  async function expectSignedOut(tabs: readonly Tab[], reason: string): Promise<void> {
    await setClocks(rig.world, tabs, elevenMinutesMs);
    for (const { error } of await allAtOnce(tabs, { run: 'getAccessToken', times: 2 })) {
      expect(error).toMatchObject({ code: 'interaction_required', error: 'login_required' });
    }
    expect((await endings(tabs)).map((event) => Object(event).reason)).toEqual(
      tabs.map(() => reason),
    );
  }

  /** The provider still knows the person. */
  async function signInAgain(tabs: readonly [Tab, ...Tab[]]): Promise<void> {
    await clickWay(tabs[0], 'redirect');
    for (const tab of tabs) {
      await untilApp(tab, (t) => t?.isReady && t.current().status === 'signedIn');
    }
    for (const { value } of await allAtOnce(tabs, { run: 'callApi' })) {
      expect(value).toMatchObject({ status: 200, body: { sub: 'ada' } });
    }
  }

  it.each(Object.keys(tampered))('and %s ends in a clean sign-in, in all tabs', async (what) => {
    const [change, reason] = tampered[what] ?? [() => undefined, ''];
    const tabs = await signedInTabs(await rig.newProfile(), 2);
    const stored = await inApp(tabs[0], (t) => t.readStored());
    const changed = change(stored as StoredRecord);
    if (changed) await inApp(tabs[0], (t, given) => t.tamper(given), changed);
    else await inApp(tabs[0], (t) => t.tamper());
    await expectSignedOut(tabs, reason);
    expect(rig.world.arrivals('token')).toBe(1);
    await signInAgain(tabs);
  });

  it('and has another refresh token ends with the verdict of the provider', async () => {
    const tabs = await signedInTabs(await rig.newProfile(), 2);
    const stored = (await inApp(tabs[0], (t) => t.readStored())) as StoredRecord;
    const changed = withParts(stored, { refreshToken: 'not-one-of-yours' });
    await inApp(tabs[0], (t, given) => t.tamper(given), changed);
    await setClocks(rig.world, tabs, elevenMinutesMs);
    for (const { error } of await allAtOnce(tabs, { run: 'getAccessToken' })) {
      expect(error).toMatchObject({ code: 'interaction_required' });
    }
    expect(rig.world.arrivals('token')).toBe(2);
    expect(await endings(tabs)).toContainEqual(
      expect.objectContaining({
        reason: 'ended',
        error: expect.objectContaining({ error: 'invalid_grant' }),
      }),
    );
    await signInAgain(tabs);
  });

  it('and is gone with its database ends in a clean sign-in, and in a new database', async () => {
    const tabs = await signedInTabs(await rig.newProfile(), 2);
    await tabs[1].evaluate(`new Promise((resolve, reject) => {
      const deletion = indexedDB.deleteDatabase('relier');
      deletion.onsuccess = () => resolve();
      deletion.onerror = deletion.onblocked = () => reject(new Error('It is in use.'));
    })`);
    await expectSignedOut(tabs, 'elsewhere');
    await signInAgain(tabs);
    await tabs[1].reload();
    await appReady(tabs[1]);
    expect(await inApp(tabs[1], (t) => t.current().claims?.sub)).toBe('ada');
  });
});
