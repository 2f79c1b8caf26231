import { startService } from './service.ts';
import { readSettings } from './settings.ts';

const service = await startService(readSettings(process.env));
console.log(`Open ${service.url}, and ${service.url}/metrics`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void service.close());
