// Items at the limits of size: 400 KB an item, 1 MB a page.

const kilobytes = 1024;

function text(chance, bytes) {
  const letter = chance.pick(['x', 'y', 'é', '日']);
  const size = Buffer.byteLength(letter);
  return letter.repeat(Math.max(0, Math.floor(bytes / size))) + 'z'.repeat(bytes % size);
}

/** An item of about that many bytes, names included. */
function item(chance, table, id, bytes) {
  const out = { [table.hash]: keyOf(table.types[table.hash], chance.int(0, 1)) };
  if (table.range) out[table.range] = keyOf(table.types[table.range], id);
  else out[table.hash] = keyOf(table.types[table.hash], id);
  const content = chance.yes(0.5) ? { S: text(chance, bytes) } : { L: [{ S: text(chance, bytes - 4) }] };
  return { ...out, big: content };
}

function keyOf(type, id) {
  if (type === 'N') return { N: String(id) };
  return type === 'S' ? { S: `k${id}` } : { B: Buffer.from(`k${id}`).toString('base64') };
}

/** The requests of a round with large items, in order. */
export function largeRequests(chance, table) {
  const TableName = table.name;
  const out = [];
  const put = (id, bytes, more = {}) => out.push({ target: 'PutItem', body: { TableName, Item: item(chance, table, id, bytes), ...more } });
  for (let i = 0; i < 4; i++) put(900 + i, 400 * kilobytes - chance.int(0, 80), { ReturnConsumedCapacity: 'TOTAL' });
  for (const id of [900, 901, 902, 903]) out.push({ target: 'DeleteItem', body: { TableName, Key: keyPart(table, item(chance, table, id, 10)) } });
  const bytes = chance.int(18, 90) * kilobytes;
  for (let id = 0; id * bytes < 1.6 * 1024 * kilobytes; id++) put(id, bytes + chance.int(-200, 200));
  for (let i = 0; i < 8; i++) {
    const read = {
      TableName,
      ...(chance.yes(0.5) ? { ReturnConsumedCapacity: 'INDEXES' } : {}),
      ...(chance.yes(0.3) ? { Select: 'COUNT' } : { ProjectionExpression: Object.keys(table.types).slice(0, 2).join(', ') }),
      ...(chance.yes(0.3) ? { FilterExpression: 'attribute_not_exists(big)' } : {}),
      ...(chance.yes(0.2) ? { Limit: chance.int(1, 60) } : {}),
    };
    if (chance.yes(0.5)) {
      out.push({ target: 'Scan', body: read });
    } else {
      const ExpressionAttributeValues = { ':h': keyOf(table.types[table.hash], chance.int(0, 1)) };
      out.push({ target: 'Query', body: { ...read, KeyConditionExpression: `${table.hash} = :h`, ExpressionAttributeValues, ScanIndexForward: chance.yes(0.5) } });
    }
  }
  return out;
}

const keyPart = (table, whole) => Object.fromEntries([table.hash, table.range].filter(Boolean).map((name) => [name, whole[name]]));
