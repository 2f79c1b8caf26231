import type { Context, InteractionPolicy, Parameters, PolicyModule } from 'oidc-provider';

/** How strong a sign-in can be here: `phr` resists phishing (OpenID Connect EAP ACR Values 1.0). */
export const knownAcrValues = ['phr'];

/** What a request wants of the person's sign-in. */
export function askedAcrValues({ acr_values }: Parameters): readonly string[] {
  return acr_values?.split(' ') ?? [];
}

/** The usual policy, which asks the person again only for `max_age`, does so for `acr_values`, too. */
export function stepUpPolicy({ base, Check }: PolicyModule): InteractionPolicy {
  const policy = base();
  const isWeaker = ({ oidc }: Context) => {
    const asked = askedAcrValues(oidc.params);
    const isAnswered = oidc.result?.login !== undefined;
    return asked.length > 0 && !isAnswered && !asked.includes(oidc.acr ?? '');
  };
  policy
    .get('login')
    .checks.add(
      new Check('acr_values', 'a stronger sign-in is wanted', 'login_required', isWeaker),
    );
  return policy;
}

/** Lets an API see in the access token how and when the person has signed in (RFC 9470 section 6.2). */
export function signInClaims({ oidc }: Context): Record<string, unknown> | undefined {
  const { AuthorizationCode, RefreshToken } = oidc.entities;
  const { acr, authTime } = AuthorizationCode ?? RefreshToken ?? {};
  return { ...(acr && { acr }), ...(authTime && { auth_time: authTime }) };
}
