/** The application, whose page signs people in. */
export const app = 'https://app.example';
/** Its API, of another site. */
export const api = 'https://api.example';
/** The provider, of another site. */
export const op = 'https://op.example';
/** A provider of the application's own site. */
export const login = 'https://login.app.example';
/** Somebody else. */
export const other = 'https://other.example';
/** The same somebody, by names that begin like the application's and its provider's. */
export const appLookAlike = `${app}.other.example`;
export const loginLookAlike = `${login}.other.example`;
