import { invalidOption, requireText } from '../options.ts';

/**
 * A path with ids in it, each given as an object with one property, whose name a complaint says. An
 * id is one segment, whatever is in it: what would lead elsewhere is refused.
 */
export function path(
  texts: TemplateStringsArray,
  ...ids: readonly Readonly<Record<string, string>>[]
): string {
  return ids.reduce((start, id, index) => {
    const [[name, value]] = Object.entries(id) as [[string, string]];
    return start + segment(name, value) + texts[index + 1];
  }, texts[0] as string);
}

function segment(name: string, value: string): string {
  // Dots are resolved before anything is sent, however they are encoded.
  if (/^\.\.?$|\p{Cc}/u.test(requireText(value, name))) {
    throw invalidOption(name, 'cannot be part of a path');
  }
  try {
    return encodeURIComponent(value);
  } catch {
    throw invalidOption(name, 'is not well-formed Unicode');
  }
}
