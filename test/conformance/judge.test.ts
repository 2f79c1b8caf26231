import { afterAll, describe, expect, it } from 'vitest';
import { fetchUserInfo } from '../../src/index.ts';
import { afterwards } from './kit/acts.ts';
import { accepts, type Case, invalid, oauth, refuses } from './kit/case.ts';
import { judge } from './kit/conform.ts';
import { asked, code, exchanged, used, verified } from './kit/flows.ts';
import { closeProviders } from './kit/providers.ts';

afterAll(closeProviders);

const iss = invalid('id_token.iss');
const right = refuses('IDC-01', code, iss, exchanged);
const leaking = afterwards('userinfo', {}, async ({ client, tokens }, op) => {
  try {
    return await fetchUserInfo(client, tokens);
  } catch (error) {
    throw Object.assign(error as Error, { received: op.requests[0]?.headers.authorization });
  }
});
const unauthorized = oauth('invalid_token');

describe('a case', () => {
  it.each<[what: string, one: Case]>([
    ['refused as expected', right],
    ['accepted as expected', accepts('IDC-06', code, used)],
  ])('%s passes', async (_, one) => {
    await expect(judge(one)).resolves.toBeUndefined();
  });

  it.each<[what: string, one: Case, why: RegExp]>([
    [
      'that is accepted and should be refused',
      refuses('IDC-06', code, iss, used),
      /Nothing failed/,
    ],
    ['that is refused and should be accepted', accepts('IDC-01', code, used), /id_token\.iss/],
    ['refused by another check', refuses('IDC-04', code, iss, exchanged), /to match object/],
    ['refused with another code', { ...right, error: { code: 'timeout' } }, /to match object/],
    ['refused later than expected', refuses('IDC-01', code, iss, asked), /deeply equal/],
    ['refused earlier than expected', refuses('IDC-01', code, iss, verified), /deeply equal/],
    ['whose client breaks a rule', { ...right, violations: ['REQ-01'] }, /deeply equal/],
    ['whose client is led elsewhere', { ...right, elsewhere: ['token'] }, /deeply equal/],
    [
      'whose error shows a secret',
      refuses('OC-16/401', leaking, unauthorized, ['userinfo']),
      /deeply equal/,
    ],
    [
      'whose result is not as it should be',
      accepts('IDC-06', code, used, () => expect(1).toBe(2)),
      /expected 1 to be 2/,
    ],
  ])('%s fails', async (_, one, why) => {
    await expect(judge(one)).rejects.toThrow(why);
  });
});
