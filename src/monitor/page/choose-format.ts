import type { PageFormat } from './page-format.js';

interface Offer {
  readonly range: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

/** The format that a request's Accept header likes best; text where it says nothing, or nothing that there is. */
export function chooseFormat(accept: string | undefined): PageFormat {
  if (accept === undefined) return 'text';
  const offers = accept.split(',').map(readOffer);
  const best = (range: string, fits: (offer: Offer) => boolean = () => true) =>
    Math.max(
      0,
      ...offers.filter((offer) => offer.range === range && fits(offer)).map(({ quality }) => quality),
    );
  const openMetrics = best(
    'application/openmetrics-text',
    ({ parameters: { version } }) => version === undefined || version === '1.0.0',
  );
  return openMetrics > 0 && openMetrics >= best('text/plain') ? 'openmetrics' : 'text';
}

/** Whether a header such as Accept-Encoding takes what is named. */
export function takesEncoding(header: string | undefined, name: string): boolean {
  return (header ?? '')
    .split(',')
    .map(readOffer)
    .some(({ range, quality }) => range === name && quality > 0);
}

function readOffer(text: string): Offer {
  const [range = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = Object.fromEntries(
    rest.map((part) => {
      const [key = '', value = ''] = part.split('=');
      return [key.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')];
    }),
  );
  const quality = Number(parameters.q ?? 1);
  return { range: range.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 };
}
