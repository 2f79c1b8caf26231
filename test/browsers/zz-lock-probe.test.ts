import { setTimeout as pause } from 'node:timers/promises';
import { it } from 'vitest';
import { inEachEngine } from './rig.ts';
import { other } from './world/names.ts';

inEachEngine('probe', (rig) => {
  it('locks in bfcache', async () => {
    const profile = await rig.newProfile();
    const [owner, waiter] = [await profile.open(`${other}/a`), await profile.open(`${other}/b`)];
    await owner.evaluate("(window.x = 1, addEventListener('pageshow', (e) => { window.persisted = e.persisted; }), new Promise((r) => { void navigator.locks.request('l', () => { r(); return new Promise(() => {}) }) }))");
    await owner.goto(`${other}/elsewhere`);
    await pause(1000);
    console.log(rig.engine, 'held after navigation', await waiter.evaluate('navigator.locks.query().then(q => JSON.stringify(q.held))'));
    const t0 = Date.now();
    const got = await waiter.evaluate("Promise.race([navigator.locks.request('l', () => 'got'), new Promise(r => setTimeout(() => r('no'), 5000))])");
    console.log(rig.engine, 'request', got, Date.now() - t0);
    await owner.back();
    await pause(1500);
    console.log(rig.engine, 'back', await owner.evaluate('[window.x, window.persisted, location.href]'));
    console.log(rig.engine, 'held after back', await waiter.evaluate('navigator.locks.query().then(q => JSON.stringify(q))'));
  });
});
