// What service tokens and their validation cost, beside peers. `npm run bench -- service`.
import * as serviceTokens from './service-tokens.ts';
import * as validation from './validation.ts';

for (const part of [...serviceTokens.parts, ...validation.parts]) {
  process.stdout.write(`${await part()}\n\n`);
}
