/** Functions whose keys are kept beside the records, and can be gone or exchanged with them. */
export const keptBeside = new WeakSet<object>();
