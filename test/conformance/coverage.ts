/** Why a row has no test here: the subject of the work that will bring it, or that it is not ours. */
export type Absence = { readonly later: string } | { readonly notApplicable: string };

const browser = 'The browser';
const native = 'Native';
const noServer =
  'There is no handler for a server of the application: no cookies, routes or proxy.';

const later = (subject: string, rows: string) => entries(rows, { later: subject });
const notApplicable = (reason: string, rows: string) => entries(rows, { notApplicable: reason });

/** Every row that no table has; all others are covered. */
export const absences: ReadonlyMap<string, Absence> = new Map([
  ...later(browser, 'LO-11 OR-01 RL-02'),
  ...later(browser, 'PM-01 PM-02 PM-03 PM-04 PM-05 PM-06 PM-07 PM-08 PM-09'),
  ...later(browser, 'BB-10 BB-11 BB-12 BB-13'),
  ...later(native, 'NA-01 NA-02 NA-03 NA-04 NA-05 NA-07 NA-08'),
  ...notApplicable(noServer, 'RL-01 RL-05'),
  ...notApplicable(noServer, 'BB-01 BB-02 BB-03 BB-04 BB-05 BB-06 BB-07 BB-08 BB-09'),
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
