// Questions for carillon_recurrence_answer, a generator of random numbers that repeats, and the
// counting of agreements.

import { spawn } from 'node:child_process';

/** Sends all questions at once and resolves to the answers, in order. */
export function ask(program, questions) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text) => { out += text; });
    child.on('error', reject);
    child.on('close', (code) => {
      const answers = out.trimEnd().split('\n').map((line) => JSON.parse(line));
      if (code !== 0 || answers.length !== questions.length) {
        reject(new Error(`${program}: exit ${code}, ${answers.length} answers to ${questions.length} questions`));
      } else {
        resolve(answers);
      }
    });
    for (const question of questions) child.stdin.write(JSON.stringify(question) + '\n');
    child.stdin.end();
  });
}

/** mulberry32: the same numbers from the same seed, everywhere. */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  const between = (a, b) => a + below(b - a + 1);
  const pick = (list) => list[below(list.length)];
  return { next, below, between, pick };
}

/** Counts what agreed and why the rest did not; keeps the first examples of each reason. */
export class Tally {
  constructor(name) {
    this.name = name;
    this.agreed = 0;
    this.reasons = new Map();
  }

  agree() { this.agreed += 1; }

  differ(reason, example) {
    const known = this.reasons.get(reason) ?? { count: 0, examples: [] };
    known.count += 1;
    if (known.examples.length < (process.env.VERBOSE ? 100 : 3)) known.examples.push(example);
    this.reasons.set(reason, known);
  }

  get unexplained() { return this.reasons.get('UNEXPLAINED')?.count ?? 0; }

  print() {
    const differing = [...this.reasons.values()].reduce((sum, each) => sum + each.count, 0);
    console.log(`${this.name}: ${this.agreed + differing} compared, ${this.agreed} agree, ${differing} differ`);
    for (const [reason, { count, examples }] of [...this.reasons].sort((a, b) => b[1].count - a[1].count)) {
      console.log(`  ${count} ${reason}`);
      const shown = reason === 'UNEXPLAINED' || process.env.VERBOSE ? examples : examples.slice(0, 1);
      for (const example of shown) console.log(`      ${JSON.stringify(example)}`);
    }
  }
}

/** Command line: PROGRAM [--count N] [--seed N]. */
export function options(count) {
  const args = process.argv.slice(2);
  const value = (name, otherwise) => {
    const at = args.indexOf(name);
    return at < 0 ? otherwise : Number(args[at + 1]);
  };
  return { program: args[0], count: value('--count', count), seed: value('--seed', 20261121) };
}
