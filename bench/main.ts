// `npm run bench` runs every benchmark, `npm run bench -- NAME …` the named ones.
const all = ['session', 'service', 'size', 'management', 'import'];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) throw new Error(`No such benchmark: ${unknown}; there are ${all}`);

for (const name of asked.length > 0 ? asked : all) await import(`./${name}/main.ts`);
// A peer leaves timers behind.
process.exit();
