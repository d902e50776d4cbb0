// Loaded before a program: when it writes a file whose name holds VAE_TEST_SLOW_AT, it gets no further than half of it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { writeInHalves } from './half-writes.mjs';

const name = process.env.VAE_TEST_SLOW_AT;
writeInHalves(
  (path) => path.includes(name),
  async (what) => {
    if (what !== 'half written') return;
    fs.writeSync(2, 'half written\n');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
);
syncBuiltinESMExports();
