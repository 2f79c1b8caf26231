/** An element of index.html. */
export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

/** A new element. Text stays text, whoever wrote it. */
export function make(
  tag: keyof HTMLElementTagNameMap,
  about: { className?: string },
  ...content: (string | Node)[]
): HTMLElement {
  const made = Object.assign(document.createElement(tag), about);
  made.append(...content);
  return made;
}
