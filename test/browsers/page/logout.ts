import { handleFrontchannelLogout } from 'relier/browser';
import { pageSession } from './page-session.ts';

const { client, session } = await pageSession();
// In a frame of another site some browsers give no storage at all.
const value = await handleFrontchannelLogout(client, session).catch((error) => error.code);
document.title = value === true ? 'Signed out' : 'Not meant';
await fetch('/report', {
  method: 'POST',
  body: JSON.stringify({ way: 'logout-page', status: 'fulfilled', value }),
});
