import { handleFrontchannelLogout } from 'relier/browser';
import { pageSession } from './page-session.ts';

const { client, session } = await pageSession();
document.title = (await handleFrontchannelLogout(client, session)) ? 'Signed out' : 'Not meant';
