/** Why a row has no test here: a file has it, because it takes a browser, or it is not ours. */
export type Absence = { readonly elsewhere: string } | { readonly notApplicable: string };

const noServer =
  'There is no handler for a server of the application: no cookies, routes or proxy.';

const elsewhere = (file: string, rows: string) => entries(rows, { elsewhere: file });
const notApplicable = (reason: string, rows: string) => entries(rows, { notApplicable: reason });

/** Every row that no table has; all others are covered. */
export const absences: ReadonlyMap<string, Absence> = new Map([
  ...elsewhere('test/browsers/redirect.test.ts', 'OR-01 RL-02'),
  ...elsewhere('test/browsers/messages.test.ts', 'PM-01 PM-02 PM-03 PM-04 PM-05 PM-09'),
  ...elsewhere('test/browsers/popup.test.ts', 'PM-06'),
  ...elsewhere('test/browsers/silent.test.ts', 'PM-07'),
  ...elsewhere('test/browsers/protection.test.ts', 'BB-10 BB-13'),
  ...notApplicable(noServer, 'RL-01 RL-05'),
  ...notApplicable(noServer, 'BB-01 BB-02 BB-03 BB-04 BB-05 BB-06 BB-07 BB-08 BB-09'),
  ...notApplicable(
    'The session iframe of OpenID Connect Session Management needs cookies that browsers block; nothing here talks to one.',
    'LO-11 PM-08',
  ),
  ...notApplicable('There is no service worker that holds tokens.', 'BB-11'),
  ...notApplicable('Rotation, binding and lifetime are what the provider grants.', 'BB-12'),
  ...notApplicable("The version of TLS is the choice of the platform's fetch.", 'REQ-16'),
  ...notApplicable(
    'The issuer is configured. To derive it from what a person types (WebFinger) would let anybody have requests sent to hosts of their choice.',
    'DI-04',
  ),
  ...notApplicable(
    'A claim of national profiles, for the application to compare: the claims are all there.',
    'IDC-13',
  ),
  ...notApplicable(
    'Request objects go by value or are pushed; nothing is hosted for the server to fetch.',
    'JAR-01',
  ),
]);

function entries(rows: string, absence: Absence): [string, Absence][] {
  return rows.split(' ').map((row) => [row, absence]);
}
