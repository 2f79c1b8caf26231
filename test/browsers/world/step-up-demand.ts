import type { JWTPayload } from 'jose';

/** How an API wants the person to have signed in (RFC 9470). */
export interface StepUpDemand {
  /** One of these, space-separated. */
  readonly acrValues?: string;
  readonly maxAgeSeconds?: number;
}

/** Whether the access token tells of such a sign-in. */
export function isMet(demand: StepUpDemand, { acr, auth_time }: JWTPayload): boolean {
  const { acrValues, maxAgeSeconds } = demand;
  const isStrong = acrValues === undefined || acrValues.split(' ').includes(String(acr));
  const ageSeconds = Date.now() / 1000 - Number(auth_time);
  return isStrong && (maxAgeSeconds === undefined || ageSeconds <= maxAgeSeconds);
}

/** The header that says so. */
export function challengeOf(scheme: string, { acrValues, maxAgeSeconds }: StepUpDemand): string {
  return [
    `${scheme} error="insufficient_user_authentication"`,
    ...(acrValues === undefined ? [] : [`acr_values="${acrValues}"`]),
    ...(maxAgeSeconds === undefined ? [] : [`max_age="${maxAgeSeconds}"`]),
  ].join(', ');
}
