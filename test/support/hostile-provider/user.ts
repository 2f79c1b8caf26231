import type { Json, Op } from './types.ts';

const user: Json & { sub: string } = {
  sub: '248289761001',
  name: 'Jane Doe',
  given_name: 'Jane',
  family_name: 'Doe',
  preferred_username: 'j.doe',
  email: 'janedoe@example.com',
  email_verified: true,
  phone_number: '+1 (425) 555-1212',
  phone_number_verified: false,
  address: { street_address: '1234 Hollywood Blvd.', locality: 'Los Angeles', country: 'US' },
};

const claimsOfScope: Record<string, string[]> = {
  profile: ['name', 'given_name', 'family_name', 'preferred_username'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
};

export function subjectOf(op: Op): string {
  return op.options.user?.sub ?? user.sub;
}

export function usernameOf(op: Op): string {
  return op.options.username ?? 'j.doe';
}

export function passwordOf(op: Op): string {
  return op.options.password ?? 'correct horse: battery & staple+%';
}

export function claimsForScope(op: Op, scope: string): Json {
  const person = op.options.user ?? user;
  const names = scope.split(' ').flatMap((word) => claimsOfScope[word] ?? []);
  return Object.fromEntries(
    names.filter((name) => person[name] !== undefined).map((name) => [name, person[name]]),
  );
}
