import { violation } from './answers.ts';
import { awkward } from './random.ts';
import type { ClientRegistration, Exchange, Grant, Op } from './types.ts';

/** A POST with a form body in which nothing but a list parameter is repeated. */
export function requireForm(op: Op, exchange: Exchange, row: string): void {
  if (exchange.method !== 'POST') throw violation(op, row, `method is ${exchange.method}`);
  const type = exchange.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) {
    throw violation(op, row, `content type is ${type}`);
  }
  if (exchange.url.search !== '') throw violation(op, row, 'parameters in the query');
  const names = exchange.params.map(([name]) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined && repeated !== 'resource' && repeated !== 'audience') {
    throw violation(op, row, `${repeated} is repeated`);
  }
}

/** A grant that no authorization request stands behind. */
export function directGrant(op: Op, client: ClientRegistration, sub: string, scope: string): Grant {
  return {
    id: awkward(),
    client,
    sub,
    scope,
    openid: scope.split(' ').includes('openid'),
    sid: awkward(),
    authTime: op.now(),
    refreshes: 0,
  };
}
