import { isRelierError, type StepUpDetails } from 'relier';
import { type BrowserSession, popup } from 'relier/browser';
import { callApi } from './call-api.ts';
import { element, make } from './elements.ts';
import type { Action } from './notice.ts';
import type { PageConfig } from './settings.ts';

/** A report that the API shows only after a stronger sign-in (RFC 9470). */
export function createPayroll(session: BrowserSession, config: PageConfig) {
  let demand: StepUpDetails | undefined;

  /** Windows open only in a click, so that what the API asks for waits for the next one. */
  function ask(wanted: StepUpDetails | undefined): void {
    demand = wanted;
    const asked = { acr_values: wanted?.acrValues, max_age: wanted?.maxAge };
    element('demand').replaceChildren(
      ...Object.entries(asked)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => make('code', { className: 'chip' }, `${name} ${value}`)),
    );
    const [open, confirm] = [element('open-payroll'), element('confirm')];
    const hadFocus = [open, confirm].includes(document.activeElement as HTMLElement);
    open.hidden = wanted !== undefined;
    confirm.hidden = wanted === undefined;
    element('wanted').hidden = wanted === undefined;
    if (hadFocus) (wanted ? confirm : open).focus();
  }

  async function open(signal: AbortSignal): Promise<string | undefined> {
    try {
      return await callApi(session, `${config.apiUrl}/payroll`, signal);
    } catch (error) {
      if (!isRelierError(error) || error.code !== 'step_up_required') throw error;
      ask(error);
      return undefined;
    }
  }

  session.subscribe(({ type }) => {
    if (type === 'signedIn' || type === 'signedOut') ask(undefined);
  });

  return {
    'open-payroll': { waiting: 'Asking the API …', run: open },
    confirm: {
      waiting: 'The provider has a window of its own. Confirm there that it is you.',
      async run(signal) {
        await session.signIn({ via: popup(), stepUp: demand, signal });
        return open(signal);
      },
    },
  } satisfies Record<string, Action>;
}
