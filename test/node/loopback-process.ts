// A program that signs somebody in, and says where it sends the browser: started by its test.
import { createClient, isRelierError } from '../../src/index.ts';
import { signInWithLoopback } from '../../src/node/index.ts';

const [issuer = '', clientId = '', how] = process.argv.slice(2);
const client = createClient({ issuer, clientId, allowInsecureRequests: 'loopback' });
const aborter = new AbortController();
if (how === 'handles Ctrl-C') process.once('SIGINT', () => aborter.abort());

try {
  await signInWithLoopback(client, {
    signal: aborter.signal,
    openBrowser: (url) => void process.send?.({ url: url.href }),
  });
  process.send?.({ end: 'signed in' });
} catch (error) {
  process.send?.({ end: isRelierError(error) ? error.code : String(error) });
}
// With nothing else to do, the process ends.
process.disconnect();
