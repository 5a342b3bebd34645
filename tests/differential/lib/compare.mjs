// When two answers are the same. Order counts, except where DynamoDB gives none: members of sets,
// attributes of maps, items of BatchGetItem, lists of descriptions.

const setTypes = new Set(['SS', 'NS', 'BS']);
const byText = (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
// Of the moment, of the machine, or said by only one generation of the service.
const momentary = new Set(['CreationDateTime', 'TableId', 'TableArn', 'IndexArn', 'TableStatus', 'IndexStatus', 'LastUpdateToPayPerRequestDateTime',
  'LastDecreaseDateTime', 'LastIncreaseDateTime', 'ItemCount', 'TableSizeBytes', 'IndexSizeBytes', 'Backfilling', 'DeletionProtectionEnabled', 'WarmThroughput', 'TableThroughputModeSummary']);
const unordered = new Set(['AttributeDefinitions', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes', 'NonKeyAttributes', 'TableNames']);

function canonical(node, name, target) {
  if (Array.isArray(node)) {
    const list = node.map((entry) => canonical(entry, undefined, target));
    const free = setTypes.has(name) || unordered.has(name) || (target === 'BatchGetItem' && typeof name === 'string') || name === 'ConsumedCapacityList';
    return free ? list.sort(byText) : list;
  }
  if (node === null || typeof node !== 'object') return node;
  const out = {};
  for (const key of Object.keys(node).sort()) {
    if (momentary.has(key) && /Table/.test(target)) continue;
    out[key] = canonical(node[key], key, target);
  }
  return out;
}

/** Both answers, each as one text; equal texts are equal answers. */
export function comparable(answer, target) {
  return JSON.stringify([answer.status, answer.type ?? null, canonical(answer.body, undefined, target)]);
}

/** Whether an UpdateItem has no clause that could make an item. */
export function onlyTakesAway({ target, body }) {
  if (target.trim() !== 'UpdateItem') return false;
  if (body?.AttributeUpdates) {
    const changes = Object.values(body.AttributeUpdates);
    return changes.length > 0 && changes.every((change) => change?.Action === 'DELETE');
  }
  const text = body?.UpdateExpression;
  return typeof text === 'string' && /^\s*(REMOVE|DELETE)\b/i.test(text) && !/(?<![#:\w])(SET|ADD)\b/i.test(text);
}

// Names, numbers and values are of the request, not of the cause.
const mask = (text) => String(text).replace(/'[^']{20,}'/g, "'…'").replace(/(operand|Operand) type: \w+/g, '$1 type: T').replace(/(Action|operator|function): [^ ,]+/g, '$1: O')
  .replace(/ComparisonOperator \w+/g, 'ComparisonOperator O').replace(/(attribute|element|key|Key|index|Index|project|Attribute|value|valueS): \S+/g, '$1: X')
  .replace(/(token|near): "(?:[^"\\]|\\.)*"+/gs, '$1: "…"').replace(/\[[^\]]{3,}\]/g, '[…]').replace(/index \S+/g, 'index I').replace(/for key \S+/, 'for key K').replace(/does not project .*/, 'does not project P').replace(/\{[^}]*\}/g, '{…}').replace(/\d+/g, '9').slice(0, 200);

function gist(answer) {
  const { body } = answer;
  if (typeof body !== 'object' || body === null) return `${answer.status} ${mask(body)}`;
  if (!body.__type) return `${answer.status} ok`;
  return `${answer.status} ${body.__type.split('#')[1]}: ${mask(body.message ?? body.Message ?? '')}`;
}

/** What a difference is about, without names and numbers: differences with one gist have one cause. */
export function gistOf(difference) {
  const both = [gist(difference.ours), gist(difference.theirs)];
  const part = (answer) => canonical(answer.body, undefined, difference.request.target);
  const where = both[0] === both[1] ? ` at ${firstDifference(part(difference.ours), part(difference.theirs))}` : '';
  return `${difference.request.target}\n    carillon: ${both[0]}\n    witness:  ${both[1]}${where}`;
}

function firstDifference(one, other, path = '') {
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') return path || '(text)';
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    if (JSON.stringify(one[key]) !== JSON.stringify(other[key])) return firstDifference(one[key] ?? null, other[key] ?? null, `${path}/${Array.isArray(one) ? '*' : key}`);
  }
  return path;
}
