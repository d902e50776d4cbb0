/** Time spent on updates, and what was done in it. */
export class Stopwatch {
  seconds = 0;
  private samples = 0;
  private waiting = 0;

  /** @param waited seconds before the update in which there was nothing to compute with */
  add(samples: number, seconds: number, waited = 0): void {
    this.samples += samples;
    this.seconds += seconds;
    this.waiting += waited;
  }

  /** Share of the time that went by waiting for data, 0 to 1. */
  get waited(): number {
    return this.waiting === 0 ? 0 : this.waiting / (this.waiting + this.seconds);
  }

  /** Samples per second; 0 before anything was done. */
  get rate(): number {
    return this.seconds === 0 ? 0 : this.samples / this.seconds;
  }

  /** The same with what went by waiting for data. */
  get pace(): number {
    return this.seconds === 0 ? 0 : this.samples / (this.seconds + this.waiting);
  }
}
