/** What readers of a page take for an end, or for nothing that may stand in a text; a half of a character is none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f]|\p{Surrogate}/gu;

/** A text as it is shown in a label: to be asked before what is told apart by its text, or two series would read the same. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, '\ufffd');
