import type { RequestListener, ServerResponse } from 'node:http';

/**
 * A page without a purpose of its own: `#act` runs `window.act` in a real click, `received` are the
 * messages that it got, and it tells the sender what the `tell` of a message lists. `?src=…` frames
 * another page, `?open=…` opens one without any click, `?sandbox` takes its origin away. In a frame it
 * tells the cookies that it sees.
 */
export const plainPages: RequestListener = (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
  if (searchParams.has('sandbox')) {
    response.setHeader('content-security-policy', 'sandbox allow-scripts');
  }
  const opens = searchParams.get('open');
  const source = searchParams.get('src');
  const frame = source && `<iframe id="frame" src="${escapeHtml(source)}"></iframe>`;
  const script = opens && `<script>window.opened = open(${JSON.stringify(opens)})</script>`;
  sendPage(response, pathname, `${frame ?? ''}${script ?? ''}`);
};

export function sendPage(response: ServerResponse, title: string, body = ''): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><title>${escapeHtml(title)}</title><link rel="icon" href="data:,">
<h1>${escapeHtml(title)}</h1>
<button id="act">Act</button>
<script>
  window.received = [];
  addEventListener('message', ({ data, origin, source }) => {
    received.push({ data, origin });
    for (const message of data?.tell ?? []) source.postMessage(message, '*');
  });
  if (parent !== window) parent.postMessage({ cookie: document.cookie }, '*');
  document.getElementById('act').onclick = () => window.act();
</script>
${body}`);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
