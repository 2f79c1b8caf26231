export { createClient } from 'relier';
export {
  completePopup,
  createBrowserSession,
  popup,
  redirect,
  silent,
} from 'relier/browser';
