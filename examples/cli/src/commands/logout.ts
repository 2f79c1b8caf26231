import type { App } from '../app.ts';

/** Ends the session here, and has the provider forget its refresh token. */
export async function logout({ session }: App): Promise<void> {
  await session.restore();
  await session.signOut();
  console.log('Signed out.');
}
