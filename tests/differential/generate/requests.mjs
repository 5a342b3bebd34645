// One random request to a table: `{ target, body }`. How often mistakes are made is decided per
// request, so that many requests are wholly right and some wrong in several places at once.

import { Expressions } from './expressions.mjs';
import * as legacy from './legacy.mjs';
import { keyValue } from './schema.mjs';
import { attributeNames, ofType, value } from './values.mjs';

const fits = { n: 'N', ss: 'SS', ns: 'NS', l: 'L', m: 'M' };

export function key(chance, table, wrong) {
  const out = {};
  for (const attribute of [table.hash, table.range].filter(Boolean)) {
    if (!chance.yes(wrong)) out[attribute] = keyValue(chance, table.types[attribute], wrong);
  }
  if (chance.yes(wrong)) out[chance.pick(['a', 'sk', 'g1'])] = value(chance);
  return out;
}

export function item(chance, table, wrong) {
  const out = key(chance, table, wrong);
  for (const [attribute, type] of Object.entries(table.types)) {
    if (!(attribute in out) && attribute !== table.hash && attribute !== table.range && chance.yes(0.6)) {
      out[attribute] = keyValue(chance, type, wrong);
    }
  }
  for (const name of chance.some(attributeNames, 0, 6)) {
    if (name in out || name in table.types) continue;
    out[name] = fits[name] && chance.yes(0.8) ? ofType(chance, fits[name], wrong / 4) : value(chance, wrong / 4);
  }
  return out;
}

const optional = (chance, probability, name, make) => (chance.yes(probability) ? { [name]: make() } : {});
const capacity = (chance, wrong) => optional(chance, 0.4, 'ReturnConsumedCapacity', () => chance.pick(chance.yes(wrong) ? ['total', ''] : ['TOTAL', 'INDEXES', 'NONE']));
const metrics = (chance, wrong) => optional(chance, 0.15, 'ReturnItemCollectionMetrics', () => chance.pick(chance.yes(wrong) ? ['size', ''] : ['SIZE', 'NONE']));
const failure = (chance, wrong) => optional(chance, wrong, 'ReturnValuesOnConditionCheckFailure', () => chance.pick(['NONE', 'NONE']));

function tableName(chance, table, wrong) {
  return chance.yes(wrong / 2) ? chance.pick(['missing_table', 'ab', 'x'.repeat(256), 'bad name', '', 'a;b']) : table.name;
}

function condition(chance, table, wrong, expressions) {
  if (chance.yes(0.45)) return {};
  const out = {};
  if (chance.yes(0.65)) out.ConditionExpression = chance.yes(wrong / 2) ? chance.pick(['', ' ', expressions.broken()]) : expressions.condition();
  if (out.ConditionExpression === undefined || chance.yes(wrong / 2)) {
    out.Expected = legacy.expected(chance, table, wrong);
    Object.assign(out, optional(chance, 0.3, 'ConditionalOperator', () => chance.pick(chance.yes(wrong) ? ['XOR', ''] : ['AND', 'OR'])));
  }
  if (chance.yes(wrong / 2)) out.ConditionalOperator = 'AND';
  return out;
}

function put(chance, table, wrong) {
  const expressions = new Expressions(chance, table, wrong);
  const body = {
    TableName: tableName(chance, table, wrong), Item: item(chance, table, wrong), ...condition(chance, table, wrong, expressions),
    ...optional(chance, 0.4, 'ReturnValues', () => chance.pick(chance.yes(wrong) ? ['ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW', 'all_old'] : ['NONE', 'ALL_OLD'])),
    ...capacity(chance, wrong), ...metrics(chance, wrong), ...failure(chance, wrong),
  };
  return { target: 'PutItem', body: { ...body, ...expressions.parameters() } };
}

function remove(chance, table, wrong) {
  const expressions = new Expressions(chance, table, wrong);
  const body = {
    TableName: tableName(chance, table, wrong), Key: key(chance, table, wrong), ...condition(chance, table, wrong, expressions),
    ...optional(chance, 0.4, 'ReturnValues', () => chance.pick(chance.yes(wrong) ? ['ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW', 'all_old'] : ['NONE', 'ALL_OLD'])),
    ...capacity(chance, wrong), ...metrics(chance, wrong), ...failure(chance, wrong),
  };
  return { target: 'DeleteItem', body: { ...body, ...expressions.parameters() } };
}

function update(chance, table, wrong) {
  const expressions = new Expressions(chance, table, wrong);
  const body = {
    TableName: tableName(chance, table, wrong), Key: key(chance, table, wrong),
    ...optional(chance, 0.6, 'ReturnValues', () => chance.pick(chance.yes(wrong) ? ['all_old', ''] : ['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW'])),
    ...capacity(chance, wrong), ...metrics(chance, wrong), ...failure(chance, wrong),
  };
  const old = chance.yes(0.25);
  if (old || chance.yes(wrong / 3)) body.AttributeUpdates = legacy.attributeUpdates(chance, table, wrong);
  if (!old && !chance.yes(wrong / 3)) body.UpdateExpression = expressions.update();
  const conditions = condition(chance, table, wrong, expressions);
  const mixes = body.UpdateExpression !== undefined ? 'Expected' in conditions : 'ConditionExpression' in conditions;
  if (!mixes || chance.yes(wrong / 2)) Object.assign(body, conditions);
  return { target: 'UpdateItem', body: { ...body, ...expressions.parameters() } };
}

function get(chance, table, wrong) {
  const expressions = new Expressions(chance, table, wrong);
  const body = { TableName: tableName(chance, table, wrong), Key: key(chance, table, wrong), ...optional(chance, 0.4, 'ConsistentRead', () => chance.yes(0.5)), ...capacity(chance, wrong) };
  if (chance.yes(0.4)) body.ProjectionExpression = expressions.projection();
  if (chance.yes(body.ProjectionExpression === undefined ? 0.3 : wrong / 2)) body.AttributesToGet = attributesToGet(chance, wrong);
  return { target: 'GetItem', body: { ...body, ...expressions.parameters() } };
}

function attributesToGet(chance, wrong) {
  const names = chance.some([...attributeNames, 'pk', 'sk'], chance.yes(wrong) ? 0 : 1, 4);
  if (chance.yes(wrong)) names.push(chance.pick(['', 'x'.repeat(256), names[0] ?? 'a', 'x'.repeat(255)]));
  return names;
}

function startKey(chance, table, index, wrong) {
  if (table.startKeys.length && chance.yes(0.7)) {
    const known = chance.pick(table.startKeys);
    if (known.index === index?.name || chance.yes(wrong)) return known.key;
  }
  const out = key(chance, table, wrong);
  if (index && !chance.yes(wrong)) {
    for (const attribute of [index.hash, index.range].filter(Boolean)) out[attribute] ??= keyValue(chance, table.types[attribute], wrong);
  }
  return out;
}

function reading(chance, table, wrong, expressions, filterName) {
  const index = table.indexes.length && chance.yes(0.5) ? chance.pick(table.indexes) : undefined;
  const body = { TableName: tableName(chance, table, wrong) };
  if (index) body.IndexName = index.name;
  if (chance.yes(wrong / 2)) body.IndexName = chance.pick(['missing', 'ab', 'bad name', '']);
  if (chance.yes(0.4)) body.Limit = chance.yes(wrong) ? chance.pick([0, -1, 1.5, 2147483648, 99999999999999]) : chance.int(1, 6);
  if (chance.yes(0.3)) body.ConsistentRead = index && !index.local ? chance.yes(wrong) : chance.yes(0.5);
  Object.assign(body, capacity(chance, wrong));
  const old = chance.yes(0.25);
  if (chance.yes(0.35)) {
    if (old) {
      body[filterName] = legacy.conditions(chance, table, wrong, chance.yes(wrong) ? 0 : 1);
      Object.assign(body, optional(chance, 0.4, 'ConditionalOperator', () => chance.pick(chance.yes(wrong) ? ['XOR'] : ['AND', 'OR'])));
    } else {
      body.FilterExpression = chance.yes(wrong / 2) ? chance.pick(['', expressions.broken()]) : expressions.condition();
    }
  }
  const projects = chance.yes(0.35);
  if (projects) {
    if (old) body.AttributesToGet = attributesToGet(chance, wrong);
    else body.ProjectionExpression = expressions.projection();
  }
  if (chance.yes(0.3)) {
    body.Select = chance.yes(wrong) ? chance.pick(['ALL', 'COUNT', 'SPECIFIC_ATTRIBUTES', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES'])
      : projects ? 'SPECIFIC_ATTRIBUTES' : chance.pick(['COUNT', index ? 'ALL_PROJECTED_ATTRIBUTES' : 'ALL_ATTRIBUTES', ...(!index || index.local || index.projection.ProjectionType === 'ALL' ? ['ALL_ATTRIBUTES'] : [])]);
  }
  if (chance.yes(wrong / 3)) body[chance.pick(['AttributesToGet', 'ProjectionExpression', filterName, 'FilterExpression', 'ConditionalOperator'])] = chance.pick([['a'], 'a', {}, 'AND']);
  return { body, index, old };
}

function query(chance, table, wrong) {
  const expressions = new Expressions(chance, table, wrong);
  const { body, index, old } = reading(chance, table, wrong, expressions, 'QueryFilter');
  if (old || chance.yes(wrong / 3)) body.KeyConditions = legacy.keyConditions(chance, table, index, wrong);
  if (!old && !chance.yes(wrong / 3)) body.KeyConditionExpression = expressions.keyCondition(index);
  if (chance.yes(0.4)) body.ScanIndexForward = chance.yes(0.4);
  if (chance.yes(0.2)) body.ExclusiveStartKey = startKey(chance, table, index, wrong);
  return { target: 'Query', body: { ...body, ...expressions.parameters() }, index };
}

function scan(chance, table, wrong) {
  const expressions = new Expressions(chance, table, wrong);
  const { body, index } = reading(chance, table, wrong, expressions, 'ScanFilter');
  if (chance.yes(0.2)) body.ExclusiveStartKey = startKey(chance, table, index, wrong);
  if (chance.yes(0.2)) {
    body.TotalSegments = chance.yes(wrong) ? chance.pick([0, 1000001, -1, 3]) : chance.pick([1, 2, 3, 4, 7]);
    body.Segment = chance.yes(wrong) ? chance.pick([-1, 8, 1000000, 0]) : chance.int(0, Math.max(0, Math.min(body.TotalSegments, 10) - 1));
    if (chance.yes(wrong)) delete body[chance.pick(['Segment', 'TotalSegments'])];
  }
  return { target: 'Scan', body: { ...body, ...expressions.parameters() }, index };
}

function batchGet(chance, table, wrong) {
  const expressions = new Expressions(chance, table, wrong);
  const count = chance.yes(wrong / 3) ? chance.pick([0, 101]) : chance.int(1, 8);
  const keys = [];
  const seen = new Set();
  for (let i = 0; i < count; i++) {
    const one = key(chance, table, wrong / 4);
    const name = JSON.stringify(one);
    if (seen.has(name) && !chance.yes(wrong / 2)) continue;
    seen.add(name);
    keys.push(one);
  }
  const gets = { Keys: keys, ...optional(chance, 0.3, 'ConsistentRead', () => chance.yes(0.5)) };
  if (chance.yes(0.3)) gets.ProjectionExpression = expressions.projection();
  else if (chance.yes(0.2)) gets.AttributesToGet = attributesToGet(chance, wrong);
  const RequestItems = { [tableName(chance, table, wrong)]: { ...gets, ...expressions.parameters() } };
  if (chance.yes(wrong / 3)) RequestItems[chance.pick(['missing_table', 'ab'])] = { Keys: [key(chance, table, 0)] };
  return { target: 'BatchGetItem', body: { RequestItems, ...capacity(chance, wrong) } };
}

function batchWrite(chance, table, wrong) {
  const count = chance.yes(wrong / 3) ? chance.pick([0, 26]) : chance.int(1, 8);
  const writes = [];
  const seen = new Set();
  for (let i = 0; i < count; i++) {
    const puts = chance.yes(0.7);
    const content = puts ? item(chance, table, wrong / 4) : key(chance, table, wrong / 4);
    const name = JSON.stringify([content[table.hash], content[table.range]]);
    if (seen.has(name) && !chance.yes(wrong / 2)) continue;
    seen.add(name);
    writes.push(puts ? { PutRequest: { Item: content } } : { DeleteRequest: { Key: content } });
    if (chance.yes(wrong / 4)) writes.push(chance.pick([{}, { PutRequest: {} }, { DeleteRequest: {} }, { PutRequest: { Item: {} }, DeleteRequest: { Key: {} } }, null, { PutRequest: null }]));
  }
  const RequestItems = { [tableName(chance, table, wrong)]: writes };
  if (chance.yes(wrong / 3)) RequestItems[chance.pick(['missing_table', 'ab'])] = [{ DeleteRequest: { Key: key(chance, table, 0) } }];
  return { target: 'BatchWriteItem', body: { RequestItems, ...capacity(chance, wrong), ...metrics(chance, wrong) } };
}

const kinds = [[22, put], [10, remove], [26, update], [10, get], [24, query], [12, scan], [5, batchGet], [5, batchWrite]];

/** Fills a table first, so that what follows finds something. */
export function fill(chance, table) {
  return { target: 'PutItem', body: { TableName: table.name, Item: item(chance, table, 0) } };
}

export function request(chance, table) {
  const wrong = chance.weighted([[65, 0], [20, 0.04], [15, 0.2]]);
  return chance.weighted(kinds)(chance, table, wrong);
}
