import type { RequestListener, ServerResponse } from 'node:http';

/**
 * A page without a purpose of its own: `#act` runs `window.act` in a real click, `received` are the
 * messages that it got. `/frame?src=…` frames another page, `/?title` is any other one.
 */
export const plainPages: RequestListener = (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
  const source = searchParams.get('src') ?? '';
  const frame =
    pathname === '/frame' ? `<iframe id="frame" src="${escapeHtml(source)}"></iframe>` : '';
  sendPage(response, pathname, frame);
};

export function sendPage(response: ServerResponse, title: string, body = ''): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><title>${escapeHtml(title)}</title>
<h1>${escapeHtml(title)}</h1>
<button id="act">Act</button>
<script>
  window.received = [];
  addEventListener('message', ({ data, origin }) => received.push({ data, origin }));
  document.getElementById('act').onclick = () => window.act();
</script>
${body}`);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
