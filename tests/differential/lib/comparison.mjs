// Sends requests to both servers and keeps the count: equal, explained, unexplained.

import { comparable, onlyTakesAway } from './compare.mjs';
import { ask } from './paging.mjs';

/**
 * The ids of the rules that explain the difference, or nothing. A rule either recognises the whole
 * difference (`when`), or takes its part out of both answers (`adjust`); what is left must be equal.
 */
export function explain(difference, rules) {
  const whole = rules.find((rule) => rule.when?.(difference));
  if (whole) return [whole.id];
  const { target } = difference.request;
  const left = structuredClone({ ours: difference.ours, theirs: difference.theirs });
  const used = [];
  for (const rule of rules) {
    if (!rule.adjust) continue;
    const before = [comparable(left.ours, target), comparable(left.theirs, target)];
    rule.adjust({ ...difference, ...left });
    const after = [comparable(left.ours, target), comparable(left.theirs, target)];
    if (before[0] !== after[0] || before[1] !== after[1]) used.push(rule.id);
    if (after[0] === after[1]) return used;
  }
  return undefined;
}

/** The witness fell: what its tables held is gone, so the round ends. */
export class WitnessFell extends Error {}

export class Comparison {
  constructor(ours, theirs, rules, failuresMost) {
    Object.assign(this, { ours, theirs, rules, failuresMost });
    this.count = 0;
    this.successes = 0;
    this.falls = 0;
    this.fallen = [];
    this.failures = [];
    this.explained = new Map();
    this.round = 0;
    this.number = 0;
  }

  /** Both answers, and whether a difference may have left the two servers with different items. */
  async send(request, table, history = []) {
    const [ours, theirs] = await Promise.all([ask(this.ours, request), this.#askWitness(request)]);
    this.count++;
    this.number++;
    if (ours.status === 200) this.successes++;
    const difference = { request, ours, theirs, table };
    const leveled = ours.status === 200 && onlyTakesAway(request) && await this.#level(request);
    if (comparable(ours, request.target) === comparable(theirs, request.target)) return { ...difference, apart: false };
    const reasons = explain(difference, this.rules);
    if (reasons) {
      for (const id of reasons) this.explained.set(id, (this.explained.get(id) ?? 0) + 1);
    } else {
      this.failures.push({ ...difference, round: this.round, number: this.number, history: [...history] });
    }
    const writes = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'CreateTable', 'DeleteTable', 'UpdateTable', 'TransactWriteItems'].includes(request.target.trim());
    return { ...difference, apart: writes && !leveled && (ours.status !== theirs.status || ours.status === 200) };
  }

  /**
   * Deletes from the witness an item that it made of nothing (see the rule nothing-to-take-away),
   * which its answer need not show. Whether there was nothing.
   */
  async #level({ body: { TableName, Key } }) {
    const there = await ask(this.ours, { target: 'GetItem', body: { TableName, Key } });
    if (there.body.Item) return false;
    await this.#askWitness({ target: 'DeleteItem', body: { TableName, Key } });
    return true;
  }

  async #askWitness(request) {
    try {
      return await ask(this.theirs, request);
    } catch (error) {
      this.falls++;
      this.fallen.push(request);
      await this.theirs.restart();
      throw new WitnessFell(error.message);
    }
  }

  /** Whether the witness is down; if so it is started again. */
  async restartFallen() {
    // It breaks its connections some time before it is gone; on a busy machine seconds.
    const { child } = this.theirs;
    const gone = () => child.exitCode !== null || child.signalCode !== null;
    for (let i = 0; i < 50 && !gone(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
    if (!gone()) return false;
    this.falls++;
    await this.theirs.restart();
    return true;
  }

  get stopped() {
    return this.failures.length >= this.failuresMost;
  }
}

/** Makes the table on one server and waits until it can be used. */
async function makeOn(server, create) {
  await server.send({ target: 'CreateTable', body: create });
  await awaitTable(server, create.TableName, true);
}

export async function awaitTable(server, name, there) {
  for (let i = 0; i < 500; i++) {
    const { status, body } = await server.send({ target: 'DescribeTable', body: { TableName: name } });
    const indexes = body.Table?.GlobalSecondaryIndexes ?? [];
    if (there && body.Table?.TableStatus === 'ACTIVE' && indexes.every((index) => index.IndexStatus === 'ACTIVE')) return;
    if (!there && status !== 200) return;
    // A table that was still being made was not deleted.
    if (!there && body.Table?.TableStatus === 'ACTIVE') await server.send({ target: 'DeleteTable', body: { TableName: name } });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`${server.name}: table ${name} does not become ${there ? 'active' : 'deleted'}`);
}

export async function dropTable(servers, name) {
  await Promise.all(servers.map(async (server) => {
    await server.send({ target: 'DeleteTable', body: { TableName: name } });
    await awaitTable(server, name, false);
  }));
}

/** The table anew and empty on both servers. */
export async function makeTableOnBoth(comparison, create) {
  const servers = [comparison.ours, comparison.theirs];
  await dropTable(servers, create.TableName);
  await Promise.all(servers.map((server) => makeOn(server, create)));
}
