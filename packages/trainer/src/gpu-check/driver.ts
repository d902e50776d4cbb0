import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Absent, type Finding, failed, passed } from './finding.js';

const run = promisify(execFile);

/** What nvidia-smi says of the first card. */
export async function checkDriver(): Promise<Finding> {
  const query = ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'];
  try {
    const { stdout } = await run('nvidia-smi', query, { timeout: 60_000 });
    const cards = stdout.trim().split('\n');
    const [name, driver, memory] = cards[0].split(/, */);
    if (!memory) return failed(`nvidia-smi gave ${JSON.stringify(cards[0])}`);
    const more = cards.length > 1 ? `, and ${cards.length - 1} more` : '';
    return passed(`${name}, ${memory}, driver ${driver}${more}`, {
      versions: { 'NVIDIA driver': driver, GPU: name },
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new Absent(
        'there is no nvidia-smi',
        "It comes with NVIDIA's driver: install that where there is a card",
      );
    return failed(
      `nvidia-smi failed (${message.split('\n').at(-1) || message})`,
      "NVIDIA's driver is there and does not work: install it anew, or start the machine again",
    );
  }
}
