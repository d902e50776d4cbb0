// Loaded before a program: when it writes a file whose name holds VAE_TEST_SLOW_AT, it gets no further than half of it.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const name = process.env.VAE_TEST_SLOW_AT;
const { promises } = fs;
const open = promises.open;

promises.open = async (path, flags, ...rest) => {
  const file = await open(path, flags, ...rest);
  if (flags !== 'wx' || !String(path).includes(name)) return file;
  file.writeFile = async (bytes) => {
    const content = Buffer.from(bytes);
    await file.write(content.subarray(0, content.length >> 1));
    fs.writeSync(2, 'half written\n');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  };
  return file;
};
syncBuiltinESMExports();
