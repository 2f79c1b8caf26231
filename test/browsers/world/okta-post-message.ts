import type { Context } from 'oidc-provider';

/** Okta's own response mode: the bare response as a message, without an envelope. */
export function oktaPostMessage(
  context: Context,
  redirectUri: string,
  response: Record<string, string>,
): void {
  const message = JSON.stringify(response).replaceAll('<', '\\u003C');
  context.type = 'html';
  context.status = 200;
  context.body = `<!doctype html><title>Okta's answer</title><link rel="icon" href="data:,">
<script>(window.opener || window.parent).postMessage(${message}, '${new URL(redirectUri).origin}')</script>`;
}
