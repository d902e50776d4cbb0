/** Time spent on updates, and what was done in it. */
export class Stopwatch {
  seconds = 0;
  private samples = 0;

  add(samples: number, seconds: number): void {
    this.samples += samples;
    this.seconds += seconds;
  }

  /** Samples per second; 0 before anything was done. */
  get rate(): number {
    return this.seconds === 0 ? 0 : this.samples / this.seconds;
  }
}
