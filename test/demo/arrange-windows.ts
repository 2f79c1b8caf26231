import type { Browser } from 'playwright-core';

export interface WindowPicture {
  readonly picture: Buffer;
  readonly left: number;
  readonly top: number;
  /** Default: as it is. */
  readonly width?: number;
}

/** One picture of several windows, the last in front, as a person sees them on a screen. */
export async function arrangeWindows(
  browser: Browser,
  viewport: { width: number; height: number },
  windows: readonly WindowPicture[],
): Promise<Buffer> {
  const page = await browser.newPage({ viewport });
  const images = windows.map(({ left, picture, top, width }) => {
    const style = `left: ${left}px; top: ${top}px; width: ${width === undefined ? 'auto' : `${width}px`}`;
    return `<img src="data:image/png;base64,${picture.toString('base64')}" style="${style}">`;
  });
  await page.setContent(`<!doctype html><style>
    body { margin: 0; background: #8793a6 }
    img { position: absolute; outline: 1px solid #8793a6 }
  </style>${images.join('')}`);
  const arranged = await page.screenshot();
  await page.close();
  return arranged;
}
