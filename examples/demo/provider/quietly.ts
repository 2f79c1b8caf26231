let running = 0;
let restore = () => {};

/**
 * Runs `start` without oidc-provider's development notices (in-memory adapter, unsupported
 * runtime), which are meant for people who would go live with it. Everything else still prints.
 */
export async function quietly<T>(start: () => Promise<T>): Promise<T> {
  if (running++ === 0) restore = muteNotices();
  try {
    return await start();
  } finally {
    if (--running === 0) restore();
  }
}

function muteNotices(): () => void {
  const { info, warn } = console;
  console.info = (...line) => isNotice(line[0]) || info(...line);
  console.warn = (...line) => isNotice(line[0]) || warn(...line);
  return () => Object.assign(console, { info, warn });
}

function isNotice(line: unknown): boolean {
  return typeof line === 'string' && /oidc-provider (NOTICE|WARNING):/.test(line);
}
