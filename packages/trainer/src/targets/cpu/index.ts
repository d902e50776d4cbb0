export { type CpuModel, type CpuOptions, lowerForCpu } from './lower-for-cpu.js';
