export const RUN = '{run=~"$run"}';
export const LOAD = '{run=~"$run",load=~"$load"}';
