import { StepUpRequiredError } from 'relier';
import type { BrowserSession } from 'relier/browser';
import type { Attempt, Transfers } from './test-page.ts';

/** Asks for what the API does only after a stronger sign-in. */
export function transfers(
  session: BrowserSession,
  apiUrl: string,
  describe: (error: unknown) => Attempt['error'],
): Transfers {
  let demand: StepUpRequiredError | undefined;

  return {
    async make() {
      try {
        const response = await session.fetch(`${apiUrl}/transfers`, { method: 'POST' });
        return { status: response.status, body: await response.json() };
      } catch (error) {
        if (error instanceof StepUpRequiredError) demand = error;
        return { error: describe(error) };
      }
    },
    get demand() {
      return demand;
    },
  };
}
