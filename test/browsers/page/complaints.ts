/** What nobody caught, and what the content security policy has blocked. */
export const complaints: string[] = [];

self.addEventListener('error', ({ message }) => complaints.push(message));
self.addEventListener('unhandledrejection', ({ reason }) => complaints.push(String(reason)));
document.addEventListener('securitypolicyviolation', ({ blockedURI, effectiveDirective }) => {
  complaints.push(`${effectiveDirective} blocked ${blockedURI}`);
});
