import type { ManagementClient } from 'relier/management';
import type { Plan } from './plan.ts';
import { provision } from './provision.ts';

/** Carries out a plan and says what became of it. */
export async function run(okta: ManagementClient, plan: Plan): Promise<void> {
  const steps = provision(okta, plan);
  let step = await steps.next();
  while (!step.done) {
    console.log(`${step.value.outcome.padEnd(9)} ${step.value.what}`);
    step = await steps.next();
  }
  console.log(`\nThe issuer is ${step.value}`);
}
