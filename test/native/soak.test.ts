import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { soak } from '../soak/soak.ts';
import {
  type Bus,
  keyringPackage,
  type SecretService,
  startBus,
  startSecretService,
} from './secret-service.ts';

let folder: string;
let bus: Bus;
let service: SecretService;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'relier-native-soak-'));
  bus = await startBus(folder);
  service = await startSecretService(bus, join(folder, 'home'), 'correct horse');
  // For this process, and for those that it starts.
  process.env['DBUS_SESSION_BUS_ADDRESS'] = bus.address;
});
afterAll(async () => {
  await service?.stop();
  await bus?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const seconds = Number(process.env['SOAK_SECONDS'] ?? 15);

soak(
  'processes that share an encrypted session, one of them killed each second',
  seconds,
  keyringPackage,
);
