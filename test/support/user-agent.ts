export { type Account, ada, grace } from '../../examples/demo/provider/accounts.ts';
export { createUserAgent, type UserAgent } from '../../examples/demo/user-agent.ts';
