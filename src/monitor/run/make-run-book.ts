import type { MakeBook } from '../books.js';
import { RunBook } from './run-book.js';

/** Follows runs of stormglass, this one and others. */
export const makeRunBook: MakeBook = (scene) => new RunBook(scene);
