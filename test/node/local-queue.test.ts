import { expect, it } from 'vitest';
import { enterQueue } from '../../src/node/local-queue.ts';

const wait = (turn: Promise<void>) => turn;

it('lets nobody go before their turn because somebody between gave up', async () => {
  const leave = await enterQueue('queue', wait);
  const failure = new Error('no patience');
  await expect(enterQueue('queue', () => Promise.reject(failure))).rejects.toBe(failure);
  let isIn = false;
  const third = enterQueue('queue', wait).then((leaveAgain) => {
    isIn = true;
    leaveAgain();
  });

  await new Promise((resolve) => setImmediate(resolve));
  expect(isIn).toBe(false);
  leave();
  await third;
  expect(isIn).toBe(true);
});

it('knows queues apart by their names', async () => {
  const leave = await enterQueue('one', wait);

  const leaveOther = await enterQueue('other', wait);

  leaveOther();
  leave();
});
