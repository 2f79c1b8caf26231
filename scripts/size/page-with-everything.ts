export { createClient, dpop, par } from 'relier';
export { createBrowserSession, popup, redirect, silent } from 'relier/browser';
