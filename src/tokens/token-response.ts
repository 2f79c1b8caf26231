import { type AnswerShape, amount, text } from '../protocol-errors.ts';

/** What the token endpoint answers (RFC 6749 section 5.1, OpenID Connect Core 1.0 section 3.1.3.3). */
export const tokenResponseShape: AnswerShape = {
  members: {
    access_token: text,
    expires_in: amount,
    refresh_token: text,
    id_token: text,
    scope: (value) => typeof value === 'string',
    // Last, because an unknown one passes the test of being text.
    token_type: () => false,
  },
  required: 'access_token token_type',
};
