import type { Page } from 'playwright-core';

/** By visible chart, in order: how many pixels have exactly each of the page's colours. */
export async function inkOf(page: Page, names: readonly string[]): Promise<Record<string, number>[]> {
  const colors = await page.locator('html').evaluate((html, wanted) => {
    const style = html.ownerDocument.defaultView?.getComputedStyle(html);
    return wanted.map((name) => style?.getPropertyValue(`--${name}`).trim() ?? '');
  }, names);
  // Pixels as 0xRRGGBB, of those that are not translucent.
  const wanted = colors.map((color) => Number.parseInt(color.slice(1), 16));
  const counts = await page.locator('canvas:visible').evaluateAll((canvases, codes) => {
    return canvases.map((canvas) => {
      const { width, height } = canvas as unknown as { width: number; height: number };
      const context = (canvas as unknown as { getContext(kind: '2d'): Context }).getContext('2d');
      const { data } = context.getImageData(0, 0, width, height);
      const found = codes.map(() => 0);
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] !== 255) continue;
        const code = ((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0);
        const at = codes.indexOf(code);
        if (at >= 0) found[at] = (found[at] ?? 0) + 1;
      }
      return found;
    });
  }, wanted);
  return counts.map((found) => Object.fromEntries(names.map((name, index) => [name, found[index] ?? 0])));
}

interface Context {
  getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8ClampedArray };
}
