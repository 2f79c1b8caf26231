/** A sign-in that is done. */
export interface SignInResult {
  /** The session now has this person. */
  readonly status: 'signedIn';
  /** What the application gave to `signIn`. */
  readonly appState: unknown;
  /** Where the application wanted to go on: a path of this origin, with query and fragment. */
  readonly returnTo: string | undefined;
}
