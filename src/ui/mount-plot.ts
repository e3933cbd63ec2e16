import uPlot from 'uplot';
import { element } from './dom.js';
import { onThemeChange } from './theme.js';

/** What A4 and Letter have room for within the margins of page.css. */
const PAPER_WIDTH_PX = 680;

/** A plot in an element that says in words what it shows; follows the width it is given, the theme, and paper. */
export function mountPlot(
  options: uPlot.Options,
  data: uPlot.AlignedData,
  alternative: string,
): { readonly plot: uPlot; readonly canvas: HTMLElement } {
  const canvas = element('div', { class: 'chart', role: 'img', 'aria-label': alternative });
  const plot = new uPlot(options, data, canvas);
  const resize = (widthPx: number) => {
    const width = Math.floor(widthPx);
    if (width > 0 && width !== plot.width) plot.setSize({ width, height: options.height });
  };
  new ResizeObserver(() => resize(canvas.clientWidth)).observe(canvas);
  // Paper is laid out too late for the observer.
  addEventListener('beforeprint', () => resize(PAPER_WIDTH_PX));
  addEventListener('afterprint', () => resize(canvas.clientWidth));
  onThemeChange(() => plot.redraw(false, true));
  return { plot, canvas };
}
