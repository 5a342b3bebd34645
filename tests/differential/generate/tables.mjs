// Requests of the control plane: tables that are right, tables that are wrong, descriptions.

const wrongNames = ['', 'ab', 'x'.repeat(256), 'bad name', 'a;b', 'ünïcode', 'x'.repeat(255)];

/** Changes a right CreateTable in one way that is refused, or that ought not to matter. */
function distort(chance, body) {
  const index = () => {
    const lists = [body.LocalSecondaryIndexes, body.GlobalSecondaryIndexes].filter(Boolean);
    return lists.length ? chance.pick(chance.pick(lists)) : undefined;
  };
  const definition = () => chance.pick(body.AttributeDefinitions);
  const anIndex = () => index() ?? { KeySchema: body.KeySchema, Projection: {} };
  const global = { IndexName: 'extra_index', KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' }, ProvisionedThroughput: body.ProvisionedThroughput };
  const local = { IndexName: 'extra_local', KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }], Projection: { ProjectionType: 'ALL' } };
  chance.pick([
    () => { delete body[chance.pick(Object.keys(body))]; },
    () => { body.TableName = chance.pick(wrongNames); },
    () => { body.AttributeDefinitions.push({ AttributeName: 'extra', AttributeType: 'S' }); },
    () => { body.AttributeDefinitions.push({ ...definition() }); },
    () => { body.AttributeDefinitions = chance.pick([[], [definition()], body.AttributeDefinitions.slice(1)]); },
    () => { definition().AttributeType = chance.pick(['X', '', 'SS', 's', null]); },
    () => { definition().AttributeName = chance.pick(['', 'x'.repeat(256), 'other', null]); },
    () => { body.KeySchema = chance.pick([[], [...body.KeySchema].reverse(), [...body.KeySchema, ...body.KeySchema], [body.KeySchema[0], body.KeySchema[0]]]); },
    () => { body.KeySchema[0].KeyType = chance.pick(['RANGE', 'HASHES', '', null]); },
    () => { body.KeySchema.at(-1).AttributeName = chance.pick(['pk', 'other', '']); },
    () => { body.KeySchema.at(-1).KeyType = 'HASH'; },
    () => { body.ProvisionedThroughput = chance.pick([{}, { ReadCapacityUnits: 0, WriteCapacityUnits: 0 }, { ReadCapacityUnits: 1 }, { ReadCapacityUnits: -1, WriteCapacityUnits: 1 },
      { ReadCapacityUnits: 1000000000001, WriteCapacityUnits: 1 }, { ReadCapacityUnits: 1000000000000, WriteCapacityUnits: 1000000000001 }, { ReadCapacityUnits: 1, WriteCapacityUnits: 1 }]); },
    () => { body.BillingMode = chance.pick(['PROVISIONED', 'PAY_PER_REQUEST', 'FREE', '']); },
    () => { body.LocalSecondaryIndexes = chance.pick([[], [local], [local, local], Array.from({ length: 6 }, (_, i) => ({ ...local, IndexName: `extra_${i}` })), [{}]]); },
    () => { body.GlobalSecondaryIndexes = chance.pick([[], [global], [global, global], Array.from({ length: 21 }, (_, i) => ({ ...global, IndexName: `extra_${i}` })), [{}]]); },
    () => { anIndex().IndexName = chance.pick(['', 'ab', 'bad name', 'x'.repeat(256), null]); },
    () => { anIndex().KeySchema = chance.pick([[], [body.KeySchema[0]], [{ AttributeName: 'other', KeyType: 'HASH' }], [...body.KeySchema].reverse(), undefined]); },
    () => { anIndex().KeySchema = [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: chance.pick(['pk', 'nothing']), KeyType: chance.pick(['RANGE', 'HASH']) }]; },
    () => { anIndex().Projection = chance.pick([undefined, {}, { ProjectionType: 'SOME' }, { ProjectionType: 'ALL', NonKeyAttributes: ['a'] }, { ProjectionType: 'INCLUDE' },
      { ProjectionType: 'INCLUDE', NonKeyAttributes: [] }, { ProjectionType: 'KEYS_ONLY', NonKeyAttributes: ['a'] }, { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a', 'a'] },
      { ProjectionType: 'INCLUDE', NonKeyAttributes: Array.from({ length: 21 }, (_, i) => `n${i}`) }, { NonKeyAttributes: ['a'] }]); },
    () => { anIndex().ProvisionedThroughput = chance.pick([undefined, { ReadCapacityUnits: 0, WriteCapacityUnits: 1 }, { ReadCapacityUnits: 3, WriteCapacityUnits: 1000000000001 }]); },
    () => { body.Unknown = 1; },
  ])();
}

/** A CreateTable with mistakes; should both servers accept it, the caller deletes the table. */
export function createTable(chance, create) {
  const body = structuredClone(create);
  for (let i = chance.weighted([[5, 1], [2, 2], [1, 4]]); i > 0; i--) {
    try {
      distort(chance, body);
    } catch (error) {
      // What this mistake needs an earlier one has taken away.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return { target: 'CreateTable', body };
}

export function describe(chance, table) {
  const name = () => (chance.yes(0.5) ? table.name : chance.pick([...wrongNames, 'missing_table', undefined]));
  return chance.weighted([
    [4, () => ({ target: 'DescribeTable', body: { TableName: name() } })],
    [1, () => ({ target: 'DeleteTable', body: { TableName: chance.pick([...wrongNames, 'missing_table', undefined]) } })],
    [2, () => ({ target: 'ListTables', body: chance.pick([{}, { Limit: 1 }, { Limit: 0 }, { Limit: 101 }, { ExclusiveStartTableName: 'A' }, { ExclusiveStartTableName: 'zzz' }, { ExclusiveStartTableName: 'a;' }, { Limit: 1, ExclusiveStartTableName: '' }]) })],
    [1, () => ({ target: 'DescribeTimeToLive', body: { TableName: name() } })],
    [1, () => ({ target: 'UpdateTable', body: chance.pick([{ TableName: name() }, { TableName: name(), ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 1 } },
      { TableName: name(), GlobalSecondaryIndexUpdates: [{}] }, { TableName: name(), GlobalSecondaryIndexUpdates: [] }, { TableName: name(), BillingMode: 'X' },
      { TableName: name(), ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 } }, { TableName: name(), GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'missing' } }] },
      { TableName: name(), GlobalSecondaryIndexUpdates: [{ Update: { IndexName: 'missing', ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } } }] }]) })],
  ])();
}
