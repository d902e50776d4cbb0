import { Absent, type CheckOptions, type Finding } from './finding.js';
import { allItems } from './items.js';

// One check in a process of its own: node child.js ID OPTIONS. What a GPU's library does wrong ends this process alone.

const firstLine = (text: string): string => text.split('\n')[0];

async function look(id: string, options: CheckOptions): Promise<Finding> {
  try {
    return await allItems(options)
      .find((item) => item.id === id)!
      .check(options);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof Absent) return { verdict: 'absent', detail: message, advice: error.advice };
    return { verdict: 'fail', detail: firstLine(message) };
  }
}

const [id, options] = process.argv.slice(2);
const finding = await look(id, JSON.parse(options) as CheckOptions);
process.stdout.write(`\n${JSON.stringify(finding)}\n`, () => process.exit(0));
