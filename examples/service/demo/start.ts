/**
 * Starts the demo's provider and API, and the service beside them. With `--once` it calls the service
 * a hundred times, prints what that took, and ends.
 */
import { randomBytes } from 'node:crypto';
import { backendService } from '../../demo/clients.ts';
import { startServices } from '../../demo/services.ts';
import { startService } from '../src/service.ts';
import { readSettings } from '../src/settings.ts';

const { apiUrl, close, issuer } = await startServices({});
const settings = readSettings({
  ISSUER: issuer,
  CLIENT_ID: backendService.client_id,
  CLIENT_SECRET: backendService.client_secret,
  API_URL: apiUrl,
  // A fleet has one key, from wherever it keeps its secrets.
  TOKEN_KEY: randomBytes(32).toString('base64'),
  ...process.env,
});
const service = await startService(settings);
const end = async () => {
  await service.close();
  await close();
};

if (process.argv.includes('--once')) {
  const answers = await Promise.all(Array.from({ length: 100 }, () => fetch(service.url)));
  const bodies = new Set(await Promise.all(answers.map((answer) => answer.text())));
  const metrics = await fetch(`${service.url}/metrics`);
  console.log(`100 calls at once: ${[...bodies].join(', ')}\n${await metrics.text()}`);
  await end();
} else {
  const sharing = settings.redis ? `shared by way of ${settings.redis.url}` : 'in this process';
  console.log(`Provider ${issuer}, API ${apiUrl}, tokens ${sharing}.`);
  console.log(`Open ${service.url}, and ${service.url}/metrics. Ctrl-C ends it.`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void end());
}
