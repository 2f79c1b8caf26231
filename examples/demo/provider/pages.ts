/** The provider's own pages: sign in, allow, sign out, error. No scripts, nothing from elsewhere. */

export function signInPage(page: {
  clientName: string;
  hint: string;
  /** The person is signed in, but not in the way that the application wants now, or not as recently. */
  isAgain: boolean;
  error?: string;
}): string {
  return layout(
    page.isAgain ? 'Confirm that it is you' : 'Sign in',
    `<p>to continue to <strong>${escapeHtml(page.clientName)}</strong></p>
    ${page.error ? `<p role="alert">${escapeHtml(page.error)}</p>` : ''}
    <form method="post">
      <label>User name <input name="username" autocomplete="username" required autofocus></label>
      <label>Password
        <input name="password" type="password" autocomplete="current-password" required>
      </label>
      <button type="submit">Sign in</button>
    </form>
    <p><a href="?cancel">Cancel</a></p>
    <p class="hint">${escapeHtml(page.hint)}</p>`,
  );
}

export function consentPage(page: { clientName: string; scopes: readonly string[] }): string {
  const items = page.scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`).join('');
  return layout(
    'Allow access',
    `<p><strong>${escapeHtml(page.clientName)}</strong> would like to use</p>
    ${items ? `<ul>${items}</ul>` : '<p>what you have already allowed.</p>'}
    <form method="post"><button type="submit" autofocus>Allow</button></form>
    <p><a href="?cancel">Cancel</a></p>`,
  );
}

/** `form` is oidc-provider's own, it carries the anti-forgery field. */
export function signOutPage(form: string): string {
  return layout(
    'Sign out',
    `<p>Do you want to sign out here as well?</p>
    ${form}
    <button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
    <button type="submit" form="op.logoutForm" class="quiet">Stay signed in</button>`,
  );
}

/** Where the person types what another device shows them. */
export function deviceCodePage(form: string, error?: string): string {
  return layout(
    'Sign in on another device',
    `${error ? `<p role="alert">${escapeHtml(error)}</p>` : ''}
    <p>Type the code that it shows.</p>
    ${form}
    <button type="submit" form="op.deviceInputForm">Continue</button>`,
  );
}

export function deviceConfirmPage(page: {
  form: string;
  clientName: string;
  userCode: string;
}): string {
  return layout(
    'Is this your code?',
    `<p><strong>${escapeHtml(page.clientName)}</strong> should show</p>
    <p><code>${escapeHtml(page.userCode)}</code></p>
    ${page.form}
    <button type="submit" form="op.deviceConfirmForm" autofocus>Yes, continue</button>
    <button type="submit" form="op.deviceConfirmForm" class="quiet" name="abort" value="yes">No</button>`,
  );
}

export function noticePage(title: string, text: string): string {
  return layout(title, `<p>${escapeHtml(text)}</p>`);
}

function layout(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width">
  <link rel="icon" href="data:,">
  <title>${title} · demo provider</title>
  <style>${style}</style>
</head>
<body><main><h1>${title}</h1>${body}</main></body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const style = `
  :root { color-scheme: light dark; --accent: light-dark(#8a3b12, #ffb184); }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center;
    font: 1rem/1.5 system-ui, sans-serif;
    background: light-dark(#f6f1ea, #1d1814); color: light-dark(#2a211a, #f0e6dc); }
  main { box-sizing: border-box; width: min(24rem, 92vw); padding: 2rem; border-radius: 1rem;
    background: light-dark(#fff, #2a231d); box-shadow: 0 1px 12px #0002; }
  h1 { margin: 0; font-size: 1.6rem; }
  p { margin: .4rem 0 1rem; }
  form, label { display: grid; gap: .3rem; }
  label { margin-bottom: .8rem; }
  input, button { font: inherit; padding: .6rem .8rem; border-radius: .5rem;
    border: 1px solid light-dark(#b9a999, #6d5f53); }
  input { background: transparent; color: inherit; }
  button { width: 100%; margin-top: .4rem; cursor: pointer; border-color: transparent;
    background: var(--accent); color: light-dark(#fff, #1d1814); }
  button.quiet { background: none; color: inherit; border-color: currentColor; }
  a { display: inline-block; margin-top: .6rem; color: var(--accent); }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  [role=alert] { padding: .6rem .8rem; border-radius: .5rem;
    background: light-dark(#fde4e1, #58211b); }
  .hint { margin: 0; font-size: .9rem; opacity: .75; }
`;
