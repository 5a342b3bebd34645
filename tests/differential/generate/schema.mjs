// Random tables: key types, local and global indexes, projections; and the small domains of keys
// that make requests meet each other's items.

const keyTypes = [[4, 'S'], [4, 'N'], [1, 'B']];
const domains = {
  S: ['a', 'b', 'c', 'ab', 'B', 'é', '日', '1', '10', '2'],
  N: ['0', '1', '2', '10', '-1', '1.5', '-1.5', '100', '1e3', '0.001', '-100'],
  B: ['AQ==', 'AQI=', 'Ag==', '/w==', 'YQ==', 'AA=='],
};
const oddKeys = {
  S: (chance) => ({ S: chance.pick(['', 'x'.repeat(1024), 'x'.repeat(1025), 'x'.repeat(2048), 'x'.repeat(2049)]) }),
  N: (chance) => ({ N: chance.pick(['1E126', 'x', '', '1E-130', '-9.9E125', '0.0', '1E125', '12345678901234567890123456789012345678']) }),
  B: (chance) => ({ B: chance.pick(['', 'QUJD'.repeat(400), 'QUJD'.repeat(800)]) }),
};

/** A value for a key attribute; `wrong` is the chance of one that is refused or odd. */
export function keyValue(chance, type, wrong = 0) {
  if (chance.yes(wrong)) {
    return chance.yes(0.5) ? oddKeys[type](chance)
      : chance.pick([{ S: 'a' }, { N: '1' }, { B: 'AQ==' }, { BOOL: true }, { NULL: true }, { SS: ['a'] }, { L: [] }, { M: {} }, {}, { S: 1 }]);
  }
  return { [type]: chance.pick(domains[type]) };
}

function projection(chance) {
  const type = chance.weighted([[3, 'ALL'], [2, 'KEYS_ONLY'], [3, 'INCLUDE']]);
  return type === 'INCLUDE' ? { ProjectionType: type, NonKeyAttributes: chance.some(['a', 'b', 'c', 'm', 'n'], 1, 3) } : { ProjectionType: type };
}

const keySchema = (hash, range) => [
  { AttributeName: hash, KeyType: 'HASH' },
  ...(range ? [{ AttributeName: range, KeyType: 'RANGE' }] : []),
];

/** @returns {{name, hash, range, types, indexes, create}} what the generators of requests need. */
export function makeTable(chance, name) {
  const types = { pk: chance.weighted(keyTypes), sk: chance.weighted(keyTypes) };
  for (const attribute of ['g1', 'g2', 'l1', 'l2']) types[attribute] = chance.weighted(keyTypes);
  const range = chance.yes(0.7) ? 'sk' : undefined;
  const indexes = [];
  if (range) {
    for (const sort of chance.some(['l1', 'l2', 'g1'], 0, 2)) {
      indexes.push({ name: `local_${sort}`, local: true, hash: 'pk', range: sort, projection: projection(chance) });
    }
  }
  const shapes = [['g1'], ['g2', 'g1'], ['g1', 'pk'], ['l1', 'g2'], ['pk', 'g2'], ...(range ? [['sk', 'pk'], ['g2', 'sk'], ['sk']] : [])];
  for (const [i, [hash, sort]] of chance.some(shapes, 0, 3).entries()) {
    indexes.push({ name: `global_${i}`, local: false, hash, range: sort, projection: projection(chance) });
  }
  const used = new Set(['pk', range, ...indexes.flatMap((index) => [index.hash, index.range])].filter(Boolean));
  const onDemand = chance.yes(0.3);
  const throughput = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
  const described = (index) => ({ IndexName: index.name, KeySchema: keySchema(index.hash, index.range), Projection: index.projection });
  const locals = indexes.filter((index) => index.local).map(described);
  const globals = indexes.filter((index) => !index.local)
    .map((index) => ({ ...described(index), ...(onDemand ? {} : { ProvisionedThroughput: throughput }) }));
  const create = {
    TableName: name,
    AttributeDefinitions: [...used].map((attribute) => ({ AttributeName: attribute, AttributeType: types[attribute] })),
    KeySchema: keySchema('pk', range),
    ...(onDemand ? { BillingMode: 'PAY_PER_REQUEST' } : { ProvisionedThroughput: throughput }),
    ...(locals.length ? { LocalSecondaryIndexes: locals } : {}),
    ...(globals.length ? { GlobalSecondaryIndexes: globals } : {}),
  };
  const keyTypesUsed = Object.fromEntries([...used].map((attribute) => [attribute, types[attribute]]));
  return { name, hash: 'pk', range, types: keyTypesUsed, indexes, create, startKeys: [] };
}
