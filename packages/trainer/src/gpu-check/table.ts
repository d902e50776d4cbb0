import type { Checked } from './run-items.js';

/** What stands above the table. */
export interface Circumstances {
  readonly date: Date;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
}

const cell = (text = ''): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

function speedTable(checked: readonly Checked[]): string[] {
  const measured = checked.filter(({ item }) => item.speed);
  if (measured.length === 0) return [];
  const [columns, recipes] = [
    [...new Set(measured.map(({ item }) => item.speed!.on))],
    [...new Set(measured.map(({ item }) => item.speed!.recipe))],
  ];
  const at = (recipe: string, on: string): string => {
    const found = measured.find(({ item }) => item.speed!.recipe === recipe && item.speed!.on === on);
    const rate = found?.finding.samplesPerSecond;
    return rate === undefined ? (found?.finding.verdict ?? '') : String(Math.round(rate));
  };
  return [
    '',
    '## Samples per second of training',
    '',
    'Data and noise are ready when the time begins: those of torch on the card, those of the others in memory.',
    '',
    row(['recipe', ...columns]),
    row(['---', ...columns.map(() => '---:')]),
    ...recipes.map((recipe) => row([recipe, ...columns.map((on) => at(recipe, on))])),
  ];
}

/** All findings as Markdown. */
export function toMarkdown(checked: readonly Checked[], { date, machine, versions }: Circumstances): string {
  const checks = checked.filter(({ item }) => !item.speed);
  const known = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const broken = checked.filter(({ item, finding }) => item.speed && finding.verdict === 'fail');
  return [
    '# GPU check',
    '',
    `${date.toISOString().slice(0, 10)}, ${machine}; ${known.join(', ')}`,
    '',
    row(['check', 'verdict', 'seen', 'what to do']),
    row(['---', '---', '---', '---']),
    ...[...checks, ...broken].map(({ item, finding }) =>
      row([item.title, finding.verdict, finding.detail, finding.advice ?? '']),
    ),
    ...speedTable(checked),
    '',
  ].join('\n');
}
