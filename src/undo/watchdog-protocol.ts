/** What a run and its watchdog say to each other over the watchdog's standard streams. */

/** From the watchdog: it knows the run, and watches. */
export const READY = 'watching\n';

/** From the run: it ended in order. The end of the stream without it is the run's death. */
export const RELEASE = 'release\n';
