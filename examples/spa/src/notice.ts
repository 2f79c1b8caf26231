import { element, make } from './elements.ts';
import { plainWords } from './plain-words.ts';

/** Something that a button does. */
export interface Action {
  /** What to tell the person meanwhile. */
  readonly waiting: string;
  /** Returns what to tell afterwards, where there is something to tell. */
  run(signal: AbortSignal): Promise<string | undefined>;
}

/** One thing at a time: tells that it is under way, and what came of it or went wrong. */
export interface Notice {
  attempt(action: Action): Promise<void>;
  /** Tells what has happened by itself, if nothing is under way. */
  announce(...content: (string | Node)[]): void;
}

export function createNotice(): Notice {
  const notice = element('notice');
  const answer = element('answer');
  const problem = element('problem');
  const giveUp = element('give-up');
  const dismiss = element('dismiss');
  let underway: AbortController | undefined;

  function tell(kind: 'waiting' | 'answer' | 'problem' | 'nothing', ...content: (string | Node)[]) {
    notice.dataset['kind'] = kind;
    answer.replaceChildren(...(kind === 'problem' ? [] : content));
    problem.replaceChildren(...(kind === 'problem' ? content : []));
    giveUp.hidden = kind !== 'waiting';
    dismiss.hidden = kind !== 'answer' && kind !== 'problem';
    for (const button of document.querySelectorAll('main button')) {
      button.setAttribute('aria-disabled', String(kind === 'waiting'));
    }
  }

  giveUp.addEventListener('click', () => underway?.abort());
  dismiss.addEventListener('click', () => tell('nothing'));

  return {
    async attempt({ run, waiting }) {
      if (underway) return;
      underway = new AbortController();
      tell('waiting', waiting);
      try {
        const told = await run(underway.signal);
        if (told === undefined) tell('nothing');
        else tell('answer', told);
      } catch (error) {
        const { code, detail, sentence } = plainWords(error);
        tell(
          'problem',
          make('strong', {}, sentence),
          make('p', {}, detail),
          make('code', {}, code),
        );
      } finally {
        underway = undefined;
      }
    },
    announce(...content) {
      if (!underway) tell('answer', ...content);
    },
  };
}
