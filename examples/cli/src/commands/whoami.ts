import type { App } from '../app.ts';

/** Asks nobody: it is on the disk. */
export async function whoami({ session, settings }: App): Promise<boolean> {
  const { claims, scope, status } = await session.restore();
  if (status === 'signedOut') {
    console.log('Nobody is signed in.');
    return false;
  }
  console.log(`${claims?.sub} (${claims?.['name']}) at ${settings.issuer}`);
  console.log(`may use: ${scope}`);
  return true;
}
