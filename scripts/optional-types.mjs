// To our own code an option that is undefined is left out. Declarations alone would not say so to programs that are compiled
// with exactOptionalPropertyTypes, so in those of a package `name?: Type` becomes `name?: Type | undefined`.
// Usage, in the package's folder: node ../../scripts/optional-types.mjs
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';

/** Types that a union would become a part of, instead of the other way round. */
const open = [ts.isFunctionTypeNode, ts.isConstructorTypeNode, ts.isConditionalTypeNode];

/** @param type as in `name?: string | undefined` */
const isSaid = (type) =>
  (ts.isUnionTypeNode(type) ? type.types : [type]).some(
    ({ kind }) => kind === ts.SyntaxKind.UndefinedKeyword,
  );

/** What is put where into a text of declarations. */
function insertions(text) {
  const found = [];
  const source = ts.createSourceFile('', text, ts.ScriptTarget.Latest);
  const visit = (node) => {
    if (ts.isPropertySignature(node) && node.questionToken && node.type && !isSaid(node.type)) {
      const isOpen = open.some((is) => is(node.type));
      if (isOpen) found.push([node.type.getStart(source), '(']);
      found.push([node.type.end, isOpen ? ') | undefined' : ' | undefined']);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.sort(([a], [b]) => b - a);
}

for (const name of await readdir('dist', { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const path = join('dist', name);
  const types = await readFile(path, 'utf8');
  const whole = insertions(types).reduce(
    (text, [at, what]) => text.slice(0, at) + what + text.slice(at),
    types,
  );
  await writeFile(path, whole);
}
