/** An object without the members that are `undefined`: what is absent here is absent. */
export type WithoutUndefined<T> = {
  [Name in keyof T as undefined extends T[Name] ? never : Name]: T[Name];
} & { [Name in keyof T as undefined extends T[Name] ? Name : never]?: Exclude<T[Name], undefined> };

/** Leaves out what is `undefined`, so that nobody mistakes it for something that was said. */
export function withoutUndefined<T extends object>(members: T): WithoutUndefined<T> {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as WithoutUndefined<T>;
}
