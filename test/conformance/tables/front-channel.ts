import { type SignedIn, signingIn } from '../kit/acts.ts';
import { accepts, type Case, invalid, oauth, refuses, type Table } from '../kit/case.ts';
import {
  asked,
  askedAfterPush,
  code,
  codeByPost,
  fapi,
  fapiHybrid,
  fapiHybridByPost,
  frontChannelSignIn,
  hybrid,
  hybridByPost,
  implicit,
  implicitByPost,
  signedResponse,
  used,
  usedAfterFront,
  verifiedInFront,
} from '../kit/flows.ts';

const response = (name: string) => invalid(`authorization_response.${name}`);
const claim = (name: string) => invalid(`id_token.${name}`);

const silent = { prompt: 'none', maxAge: 0 } as const;
const silentCode = signingIn('code, prompt none', { request: silent });
const silentCodeByPost = signingIn('code, prompt none, form_post', {
  request: { ...silent, responseMode: 'form_post' },
});
const codeInFragment = signingIn('code, fragment', { request: { responseMode: 'fragment' } });

/** In every shape that a response has, before anything of it is used. */
function inEveryShape(fault: string, check: string): Case[] {
  return [code, codeByPost, hybrid, hybridByPost, implicit, implicitByPost].map((act) =>
    refuses(fault, act, response(check), asked),
  );
}

const withBothHashes = (responseMode: 'fragment' | 'form_post') => [
  frontChannelSignIn('id_token token', responseMode),
  frontChannelSignIn('code id_token token', responseMode),
];
const withCodeHash = (responseMode: 'fragment' | 'form_post') => [
  frontChannelSignIn('code id_token', responseMode),
  frontChannelSignIn('code id_token token', responseMode),
];
const modes = ['fragment', 'form_post'] as const;
const variants = ['invalid', 'missing'] as const;

/** Sections 3.3, 3.4 and 3.9: what arrives at the redirect URI. */
export const frontChannel: Table = [
  ...inEveryShape('NS-04', 'state'),
  refuses('NS-04', fapi, response('state'), askedAfterPush),
  refuses('NS-04', signedResponse(), response('state'), [...askedAfterPush, 'jwks']),
  ...inEveryShape('NS-05', 'state'),
  refuses('NS-05', fapi, response('state'), askedAfterPush),
  refuses('NS-05', signedResponse(), response('state'), [...askedAfterPush, 'jwks']),
  refuses('NS-06', fapi, response('iss'), askedAfterPush),
  ...inEveryShape('NS-06', 'iss'),
  refuses('NS-07', fapi, response('iss'), askedAfterPush),
  ...inEveryShape('NS-07', 'iss'),

  ...variants.flatMap((variant) =>
    modes.flatMap((mode) => [
      ...withBothHashes(mode).map((act) =>
        refuses(`HA-01/${variant}`, act, claim('at_hash'), asked),
      ),
      ...withCodeHash(mode).map((act) => refuses(`HA-02/${variant}`, act, claim('c_hash'), asked)),
    ]),
  ),
  ...[fapiHybrid, fapiHybridByPost].flatMap((act) => [
    refuses('HA-02/invalid', act, claim('c_hash'), asked),
    refuses('HA-03/invalid', act, claim('s_hash'), asked),
    refuses('HA-03/missing', act, claim('s_hash'), asked),
  ]),
  accepts('HA-03/missing', hybrid, usedAfterFront),

  accepts('FP-01', codeByPost, used, isPosted),
  accepts('FP-01', hybridByPost, usedAfterFront, isPosted),
  accepts('FP-01', implicitByPost, verifiedInFront, isPosted),
  accepts('FP-01', frontChannelSignIn('code token', 'form_post'), used, isPosted),
  refuses('FP-02', silentCode, signInNeeded(), asked),
  refuses('FP-02', silentCodeByPost, signInNeeded(), asked),

  refuses('CI-09/code-and-error', code, response('code'), asked),
  refuses('CI-09/code-and-error', codeByPost, response('code'), asked),
  refuses('CI-09/code-and-error', hybrid, response('code'), asked),
  ...['code-twice', 'state-twice', 'iss-twice'].flatMap((variant) =>
    [code, codeByPost, hybrid, hybridByPost].map((act) =>
      refuses(`CI-09/${variant}`, act, response('duplicate'), asked),
    ),
  ),
  ...[code, codeInFragment, codeByPost, hybrid, hybridByPost, implicitByPost].map((act) =>
    refuses('CI-10', act, response('response_mode'), asked),
  ),
  refuses('CI-10', signedResponse('form_post'), response('response_mode'), [
    ...askedAfterPush,
    'jwks',
  ]),
];

function signInNeeded() {
  return {
    ...oauth('login_required'),
    name: 'InteractionRequiredError',
    code: 'interaction_required',
  };
}

function isPosted({ url }: SignedIn): void {
  if (url.searchParams.get('response_mode') !== 'form_post') throw new Error('Not asked for.');
}
