import { expect, it } from 'vitest';
import { inEachEngine } from './rig.ts';
import { op, other } from './world/names.ts';

inEachEngine('the rig', (rig) => {
  it('clicks as a person does, sees the window that the page opens, and both can talk', async () => {
    const profile = await rig.newProfile();
    const tab = await profile.open(`${other}/`);
    await tab.evaluate(`(() => {
      window.act = () => { window.opened = open('${op}/rig') };
      addEventListener('click', (event) => { window.isTrusted = event.isTrusted }, true);
    })()`);

    const popup = await profile.nextTab(() => tab.click('#act'));

    expect(await tab.evaluate('isTrusted')).toBe(true);
    await popup.waitFor(`location.href === '${op}/rig' && document.readyState === 'complete'`);
    await popup.evaluate("opener.postMessage('hello', '*')");
    await tab.waitFor(
      "received.some(({ data, origin }) => data === 'hello' && origin === 'https://op.example')",
    );
    expect(await profile.tabs()).toHaveLength(2);
    await popup.evaluate('void setTimeout(close)');
    await popup.waitForClose();
    expect(await profile.tabs()).toEqual([tab]);
  });
});
