export { createClient } from 'relier';
export { createBrowserSession, redirect } from 'relier/browser';
