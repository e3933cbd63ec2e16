import { element } from './dom.js';

export type LineStyle = 'solid' | 'dashed' | 'thin';

export interface LegendEntry {
  readonly label: string;
  /** Index of the series colour. */
  readonly color: number;
  readonly style: LineStyle;
}

export interface Legend {
  readonly node: HTMLElement;
  /** Shows what the series are at the cursor; without texts, nothing. */
  showValues(texts: readonly string[] | undefined): void;
}

/** A small square in a load's colour. */
export function seriesSwatch(color: number): HTMLElement {
  return element('i', {
    class: 'swatch',
    style: `--swatch: var(--series-${(color % 6) + 1})`,
    'aria-hidden': 'true',
  });
}

/** Names the lines of a chart; each name is a button that shows or hides its line. */
export function legend(
  entries: readonly LegendEntry[],
  onToggle: (index: number, shown: boolean) => void,
): Legend {
  const node = element('div', { class: 'legend' });
  const values = entries.map((entry, index) => {
    const value = element('span', { class: 'value' });
    const button = element(
      'button',
      { type: 'button', 'aria-pressed': 'true' },
      element('i', {
        class: `line ${entry.style}`,
        style: `--swatch: var(--series-${(entry.color % 6) + 1})`,
        'aria-hidden': 'true',
      }),
      entry.label,
    );
    button.addEventListener('click', () => {
      const shown = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(shown));
      onToggle(index, shown);
    });
    node.append(element('span', { class: 'legend-entry' }, button, value));
    return value;
  });
  return {
    node,
    showValues(texts) {
      values.forEach((value, index) => {
        value.textContent = texts?.[index] ?? '';
      });
    },
  };
}
