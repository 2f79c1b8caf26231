export interface Account {
  readonly username: string;
  readonly password: string;
  readonly name: string;
  readonly email: string;
}

export const ada: Account = {
  username: 'ada',
  password: 'analytical engine',
  name: 'Ada Lovelace',
  email: 'ada@example.org',
};

export const grace: Account = {
  username: 'grace',
  password: 'nanoseconds & moths',
  name: 'Grace Hopper',
  email: 'grace@example.org',
};

export function claimsOf(account: Account): { sub: string; [claim: string]: unknown } {
  return {
    sub: account.username,
    name: account.name,
    preferred_username: account.username,
    email: account.email,
    email_verified: true,
  };
}
