/**
 * What a panel must have to show anything, beside events. Its words stand in the panel's description, where who looks at
 * an empty panel finds them, and the test that executes every query knows by them which may be empty.
 */
export const WHY_EMPTY = {
  hardware: 'Empty where no GPU probe publishes events.',
  history: 'Empty until there is more history than a short run leaves.',
} as const;

export type WhyEmpty = keyof typeof WHY_EMPTY;
