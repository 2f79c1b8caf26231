import type { JWTPayload } from 'jose';

/** What the API wants before it shows this report: a strong sign-in of the last five minutes. */
const acrValues = 'phr';
const maxAgeSeconds = 300;

/** Says so to a client (RFC 9470 section 3). */
export const payrollChallenge = `Bearer error="insufficient_user_authentication", acr_values="${acrValues}", max_age="${maxAgeSeconds}"`;

export const payroll = 'Payroll of November: 12 people, £ 48,200.';

/** Whether the access token tells of such a sign-in (RFC 9470 section 6.2). */
export function maySeePayroll({ acr, auth_time }: JWTPayload): boolean {
  const ageSeconds = Date.now() / 1000 - Number(auth_time);
  return acr === acrValues && ageSeconds <= maxAgeSeconds;
}
