import type { App } from '../app.ts';
import { type SignInOptions, signIn } from '../sign-in.ts';

export async function login(app: App, options: SignInOptions): Promise<void> {
  const { claims } = await signIn(app, options);
  console.log(`Signed in as ${claims?.['name'] ?? claims?.sub}.`);
}
