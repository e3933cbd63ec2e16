/** The main functions of a process that a fault starts, and of a thread of it. */
export { burnThread as pressureThread } from '../chaos/pressure/burn-cpu.js';
export { runPressureProcess as pressureProcess } from '../chaos/pressure/pressure-process.js';
