// docs/dynamodb-differences.md from rules.mjs.
//
//   node docs.mjs            writes the list of differences into the page
//   node docs.mjs --check    fails when the page does not have it as it stands in rules.mjs

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { rules } from './rules.mjs';

const page = fileURLToPath(new URL('../../docs/dynamodb-differences.md', import.meta.url));
const [opening, closing] = ['<!-- rules: written by tests/differential/docs.mjs -->', '<!-- end of rules -->'];

const witnesses = { local: 'DynamoDB Local' };
const right = { Carillon: 'Carillon does as DynamoDB', either: 'either: nothing says which', dynalite: 'dynalite does as DynamoDB' };

function list() {
  const lines = rules.map((rule) => `| ${rule.title} | ${witnesses[rule.witness] ?? 'dynalite'} | ${right[rule.right]} | ${rule.why} [source](${rule.source}) |`);
  return ['| what | against | who is right | why |', '|---|---|---|---|', ...lines].join('\n');
}

const text = readFileSync(page, 'utf8');
const [before, rest] = text.split(opening);
if (rest === undefined || !rest.includes(closing)) {
  console.error(`${page}: the marks of the list are missing`);
  process.exit(1);
}
const wanted = `${before}${opening}\n${list()}\n${closing}${rest.split(closing)[1]}`;
if (process.argv.includes('--check')) {
  if (text !== wanted) {
    console.error('docs/dynamodb-differences.md is not up to date: node tests/differential/docs.mjs');
    process.exit(1);
  }
} else {
  writeFileSync(page, wanted);
}
