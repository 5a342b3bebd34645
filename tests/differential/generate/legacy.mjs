// The parameters that came before expressions: Expected, AttributeUpdates, KeyConditions, filters.

import { attributeNames, ofType, value } from './values.mjs';
import { keyValue } from './schema.mjs';

const operators = ['EQ', 'NE', 'LE', 'LT', 'GE', 'GT', 'NOT_NULL', 'NULL', 'CONTAINS', 'NOT_CONTAINS', 'BEGINS_WITH', 'IN', 'BETWEEN'];
const counts = { NULL: 0, NOT_NULL: 0, BETWEEN: 2 };

function attribute(chance, table) {
  return chance.yes(0.15) ? chance.pick(Object.keys(table.types)) : chance.pick(attributeNames);
}

function comparison(chance, wrong) {
  const operator = chance.yes(wrong) ? chance.pick(['', 'eq', 'LIKE']) : chance.pick(operators);
  const count = chance.yes(wrong) ? chance.int(0, 3) : operator === 'IN' ? chance.int(1, 3) : counts[operator] ?? 1;
  const type = chance.pick(['S', 'N', 'B']);
  const any = chance.yes(wrong) || ['EQ', 'NE'].includes(operator);
  const one = () => (any ? value(chance, wrong / 2) : ofType(chance, operator === 'BEGINS_WITH' && type === 'N' && !chance.yes(wrong) ? 'S' : type, wrong / 2));
  const values = chance.times(count, count, one);
  return { ComparisonOperator: operator, ...(values.length || chance.yes(0.3) ? { AttributeValueList: values } : {}) };
}

export function conditions(chance, table, wrong, least = 1) {
  const out = {};
  for (let i = chance.int(least, 3); i > 0; i--) out[attribute(chance, table)] = comparison(chance, wrong);
  return out;
}

function expectation(chance, wrong) {
  const out = chance.weighted([
    [3, () => ({ Value: value(chance, wrong / 2) })],
    [2, () => ({ Exists: false })],
    [1, () => ({ Exists: true, Value: value(chance, wrong / 2) })],
    [4, () => comparison(chance, wrong)],
    [1, () => ({ ComparisonOperator: chance.pick(['EQ', 'NE', 'GT']), Value: ofType(chance, chance.pick(['S', 'N'])) })],
  ])();
  if (chance.yes(wrong)) Object.assign(out, chance.pick([{ Exists: true }, { Exists: false }, { Value: { S: 'a' } }, { AttributeValueList: [{ S: 'a' }] }, { ComparisonOperator: 'EQ' }]));
  return out;
}

export function expected(chance, table, wrong) {
  const out = {};
  for (let i = chance.int(1, 3); i > 0; i--) out[attribute(chance, table)] = expectation(chance, wrong);
  return out;
}

export function attributeUpdates(chance, table, wrong) {
  const out = {};
  for (let i = chance.int(chance.yes(wrong) ? 0 : 1, 3); i > 0; i--) {
    const action = chance.yes(wrong) ? chance.pick(['', 'put', 'SET']) : chance.pick(['PUT', 'PUT', 'DELETE', 'ADD', undefined]);
    const types = { ADD: ['N', 'N', 'SS', 'NS', 'BS', 'L'], DELETE: ['SS', 'NS', 'BS', undefined, undefined] }[action];
    const type = types && chance.pick(types);
    const plain = types && !chance.yes(wrong);
    const content = plain ? (type ? ofType(chance, type, wrong / 2) : undefined) : value(chance, wrong / 2);
    out[plain && type === 'N' ? 'n' : attribute(chance, table)] = {
      ...(action === undefined ? {} : { Action: action }), ...(content === undefined || chance.yes(wrong) ? {} : { Value: content }),
    };
  }
  return out;
}

export function keyConditions(chance, table, index, wrong) {
  const hash = index ? index.hash : table.hash;
  const range = index ? index.range : table.range;
  const out = {};
  const bad = () => (chance.yes(wrong) ? 1 : 0);
  if (!bad()) out[hash] = { ComparisonOperator: bad() ? chance.pick(operators) : 'EQ', AttributeValueList: [keyValue(chance, table.types[hash], bad())] };
  const sort = range ?? (bad() ? 'a' : undefined);
  if (sort && chance.yes(0.6)) {
    const type = table.types[sort] ?? 'S';
    const operator = bad() ? chance.pick(operators) : chance.pick(['EQ', 'LE', 'LT', 'GE', 'GT', 'BETWEEN', ...(type === 'N' ? [] : ['BEGINS_WITH'])]);
    const count = bad() ? chance.int(0, 3) : counts[operator] ?? 1;
    out[bad() ? 'b' : sort] = { ComparisonOperator: operator, AttributeValueList: chance.times(count, count, () => keyValue(chance, type, bad())) };
  }
  if (bad()) out.c = comparison(chance, wrong);
  return out;
}
