/** How many colours the page has for series; loads beyond take them again from the first. */
const SERIES_COLORS = 6;

/** The value that a colour of page.css has now, in light or dark. */
export function themeColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** The colour of the index-th load, the same in every chart. */
export function seriesColor(index: number): string {
  return themeColor(`series-${(index % SERIES_COLORS) + 1}`);
}

/** Calls when colours have changed: the system went dark or light, or the page is about to be printed. */
export function onThemeChange(repaint: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
  addEventListener('beforeprint', () => {
    document.documentElement.dataset.theme = 'light';
    repaint();
  });
  addEventListener('afterprint', () => {
    delete document.documentElement.dataset.theme;
    repaint();
  });
}
