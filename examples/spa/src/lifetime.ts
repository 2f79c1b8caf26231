import { element } from './elements.ts';

let ticking: ReturnType<typeof setInterval> | undefined;

/** Counts down to the moment when the access token expires. */
export function showLifetime(expiresAt: number | undefined): void {
  clearInterval(ticking);
  const show = () => {
    element('lifetime').textContent = readable(expiresAt);
  };
  show();
  if (expiresAt !== undefined) ticking = setInterval(show, 1_000);
}

function readable(expiresAt: number | undefined): string {
  if (expiresAt === undefined) return 'not told';
  const seconds = Math.round((expiresAt - Date.now()) / 1_000);
  if (seconds <= 0) return 'none, it has expired';
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
