import { checksOf } from '../checks.ts';
import { type StepUpDetails, StepUpRequiredError } from '../errors.ts';
import { requireAmount, requireOptions, requireText } from '../options.ts';
import type { IdTokenClaims } from '../tokens/id-token.ts';
import type { SessionRecord } from './session-record.ts';

/** What an API has asked for, if it has, without anything else that an error holds. */
export function requireStepUp(value: StepUpDetails | undefined): StepUpDetails | undefined {
  if (value === undefined) return undefined;
  requireOptions(value, 'stepUp');
  const { acrValues, maxAge } = value;
  return {
    ...(acrValues !== undefined && { acrValues: requireText(acrValues, 'stepUp.acrValues') }),
    ...(maxAge !== undefined && { maxAge: requireAmount(maxAge, 'stepUp.maxAge') }),
  };
}

/** Refuses another person's sign-in than the one that was expected, if one was. */
export function checkPerson(sub: string | undefined, claims: IdTokenClaims | undefined): void {
  const check = checksOf('id_token', undefined);
  check('step_up_sub', sub === undefined || claims?.sub === sub);
}

/**
 * Refuses a sign-in that is not what the API has asked for. What the provider does not say is for
 * the API to judge.
 */
export function checkStepUp(
  { acrValues, maxAge }: StepUpDetails,
  claims: IdTokenClaims | undefined,
  oldest: (maxAge: number) => number,
): void {
  const check = checksOf('id_token', undefined);
  const { acr, auth_time } = Object(claims);
  const isGood = acr === undefined || !acrValues || acrValues.split(' ').includes(acr);
  check('step_up_acr', isGood, acrValues, acr);
  const isNew = auth_time === undefined || maxAge === undefined || auth_time >= oldest(maxAge);
  check('step_up_auth_time', isNew, undefined, auth_time);
}

/** An API's demand; it is the last word if the person has signed in for just that. */
export function stepUpError(
  origin: string,
  details: StepUpDetails,
  record: SessionRecord | undefined,
  now: number,
): StepUpRequiredError {
  const { acrValues, maxAge = Infinity } = details;
  const { claims, signedInAt = 0, stepUp: last } = record ?? {};
  // The provider may have known the person for a while when it was asked.
  const authenticatedAt = Number(claims?.auth_time ?? Infinity) * 1000;
  const ageOfAuthenticationMs = Math.abs(now - Math.min(signedInAt, authenticatedAt));
  const isRecent = Math.abs(now - signedInAt) < 30_000 || ageOfAuthenticationMs < maxAge * 1000;
  const isSame = last && last.acrValues === acrValues && (last.maxAge ?? Infinity) === maxAge;
  // With the time the same demand is a new one; but nobody signs in twice within seconds.
  return isSame && isRecent
    ? new StepUpRequiredError(
        `${origin} is not content with the sign-in that it has asked for.`,
        details,
        'step_up_failed',
      )
    : new StepUpRequiredError(`${origin} asks for a stronger or a newer sign-in.`, details);
}
