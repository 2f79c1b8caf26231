import { describe, expect, it } from 'vitest';
import { dpop, frontChannel, jarm, par } from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { scriptedProvider } from '../support/scripted-provider.ts';

describe('a capability', () => {
  it.each<[option: string, value: Anything]>([
    ['dpop', dpop],
    ['pushedAuthorization', par],
    ['requestObject', true],
    ['responseProtection', jarm],
    ['frontChannel', frontChannel],
    ['decryption', 'jwe'],
  ])('%s that was not called is a mistake in that option', async (option, value) => {
    const error = await failureOf(() => scriptedProvider().client({ [option]: value }));
    expect(error).toMatchObject({ code: 'invalid_option', option });
  });

  it('may be left undefined', () => {
    expect(scriptedProvider().client({ dpop: undefined }).clientId).toBe('app');
  });
});
