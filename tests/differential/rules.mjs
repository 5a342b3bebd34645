// The differences that are explained. Each says who is right and why; docs/dynamodb-differences.md
// has a line for each (docs.mjs writes and checks it). A rule that never fires in a long run is
// reported, so that none outlives its reason.
//
//   id       stable, for the docs
//   title    what differs
//   right    who does as AWS's documentation says
//   why      with what the documentation or the service says
//   source   where
//   when     recognises the whole difference, or
//   adjust   takes the part of it that the rule explains out of both answers

import { onlyTakesAway } from './lib/compare.mjs';
import { canonicalItems } from './lib/paging.mjs';

const said = ({ body }) => body?.message ?? body?.Message ?? '';
const ok = ({ status }) => status === 200;
// Both servers overlook a space behind the name of an operation, as HTTP does.
const isWrite = ({ target }) => /^(Put|Update|Delete)Item ?$|^BatchWriteItem ?$|^TransactWriteItems ?$/.test(target);
const developerGuide = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/';
const reference = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/';

/** The members of a body that are ConsumedCapacity, in lists too. */
const capacities = (body) => [body?.ConsumedCapacity ?? []].flat();

/** Whether two lists hold the same items, in any order. */
const sameItems = (one, other) => (one === undefined || other === undefined ? one === other
  : canonicalItems(one).join() === canonicalItems(other).join());

/** As it was sent. */
const textOf = ({ text, body }) => text ?? JSON.stringify(body);

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

const textMembers = ['ProjectionExpression', 'FilterExpression', 'KeyConditionExpression', 'ConditionExpression', 'UpdateExpression', 'ConditionalOperator', 'IndexName', 'Select'];
const isBase64 = (text) => typeof text === 'string' && Buffer.from(text, 'base64').toString('base64') === text;

/** How many parts of a request that is otherwise well made are of a wrong kind, or no base64. */
function mistypedParts(node, top = true) {
  if (node === null || typeof node !== 'object') return 0;
  let count = 0;
  for (const [name, value] of Object.entries(node)) {
    const scalar = value === null || typeof value !== 'object';
    if (top && textMembers.includes(name) && typeof value !== 'string') count++;
    else if (name === 'B' && scalar && !isBase64(value)) count++;
    else if (/^[SN]S$/.test(name) && Array.isArray(value)) count += value.filter((one) => typeof one !== 'string').length;
    else if (/^[SNB]S$|^L$/.test(name) && !Array.isArray(value) || name === 'M' && Array.isArray(value)) count++;
    else if (name === 'BS' && Array.isArray(value)) count += value.filter((one) => !isBase64(one)).length;
    else if (/^(BOOL|NULL)$/.test(name) && scalar && typeof value !== 'boolean') count++;
    else if (/^[SN]$/.test(name) && typeof value !== 'string') count++;
    else if (/^(M|Value)$/.test(name) && scalar) count++;
    count += mistypedParts(value, false);
  }
  return count;
}

/** Whether two answers differ in what a condition or a filter came to, and in nothing else. */
function judgedOtherwise(one, other) {
  const outcomes = [one, other].map((answer) => (ok(answer) ? 'holds' : /ConditionalCheckFailed/.test(answer.body?.__type) ? 'fails' : 'neither'));
  if (outcomes.includes('neither')) return false;
  if (outcomes[0] !== outcomes[1]) return true;
  return outcomes[0] === 'holds' && one.body.ScannedCount !== undefined && one.body.ScannedCount === other.body.ScannedCount && one.body.Count !== other.body.Count;
}

/** Whether an object of a text has a name twice: then the parsed text is shorter. */
function repeatsMembers(text) {
  try {
    return text !== undefined && JSON.stringify(JSON.parse(text)).length < text.replace(/\s/g, '').length;
  } catch {
    return false;
  }
}

/** The breaches of "N validation errors detected: ...", when their values are left out. */
const breachesOf = (message) => message.replace(/^\d+ validation errors? detected: /, '').split(/; (?=Value )/);
const breachesText = (breaches) => `${breaches.length} validation error${breaches.length > 1 ? 's' : ''} detected: ${breaches.join('; ')}`;

/**
 * Whether two pages of an index are alike but for the order of ties, which nobody promises. A page
 * that starts behind a tie, or ends in one, may hold other items of it.
 */
function alikeButForTies({ ours, theirs, request, table }) {
  const { IndexName, Limit, ExclusiveStartKey, Segment } = request.body;
  const [mine, its] = [ours.body, theirs.body];
  const index = table.indexes.find(({ name }) => name === IndexName);
  if (!index) return false;
  if (ExclusiveStartKey !== undefined || Segment !== undefined) {
    // Whole walks (lib/paging.mjs) compare what the pages hold together.
    return [mine, its].every(({ ScannedCount }) => Limit === undefined || ScannedCount <= Limit);
  }
  if (mine.ScannedCount !== its.ScannedCount || !same(!mine.LastEvaluatedKey, !its.LastEvaluatedKey)) return false;
  if (Limit === undefined || !mine.LastEvaluatedKey) return mine.Count === its.Count && sameItems(mine.Items, its.Items);
  if (request.target === 'Scan') return true;
  // A query: where it ended, and what it passed, is told by the sort key up to ties.
  if (![index.hash, index.range].every((name) => !name || same(mine.LastEvaluatedKey[name], its.LastEvaluatedKey[name]))) return false;
  const filtered = request.body.FilterExpression !== undefined || request.body.QueryFilter !== undefined;
  const sortKeys = (body) => body.Items?.map((item) => item[index.range]);
  return filtered || (mine.Count === its.Count && same(sortKeys(mine), sortKeys(its)));
}

export const rules = [
  {
    id: 'capacity-of-nothing',
    title: 'Capacity of a query or scan that finds nothing',
    right: 'Carillon',
    why: 'A read that finds nothing is charged as the smallest read, half a unit or one; dynalite charges nothing.',
    source: `${developerGuide}read-write-operations.html`,
    adjust: ({ ours, theirs, request }) => {
      if (!/Query|Scan/.test(request.target) || ours.body?.ScannedCount !== 0 || theirs.body?.ScannedCount !== 0) return;
      if (theirs.body.ConsumedCapacity?.CapacityUnits !== 0 || !(ours.body.ConsumedCapacity?.CapacityUnits <= 1)) return;
      delete ours.body.ConsumedCapacity;
      delete theirs.body.ConsumedCapacity;
    },
  },
  {
    id: 'capacity-of-index-writes',
    title: 'Capacity of writes to indexes',
    right: 'Carillon',
    why: 'A write is charged for every index entry that it makes, changes or removes; dynalite counts the table alone.',
    source: `${developerGuide}GSI.html#GSI.ThroughputConsiderations.Writes`,
    adjust: ({ ours, theirs, request, table }) => {
      if (!isWrite(request) || !ok(ours) || !table.indexes.length) return;
      const [mine, its] = [capacities(ours.body), capacities(theirs.body)];
      if (mine.length !== its.length || mine.length === 0) return;
      const fits = mine.every((one, i) => one.CapacityUnits >= its[i].CapacityUnits && (one.Table?.CapacityUnits ?? 0) === (its[i].Table?.CapacityUnits ?? 0));
      if (!fits) return;
      delete ours.body.ConsumedCapacity;
      delete theirs.body.ConsumedCapacity;
    },
  },
  {
    id: 'item-collection-metrics',
    title: 'ItemCollectionMetrics',
    right: 'Carillon',
    why: 'ReturnItemCollectionMetrics SIZE answers the collection of each item written to a table with local indexes; dynalite ignores it.',
    source: `${reference}API_ItemCollectionMetrics.html`,
    adjust: ({ ours, request, table }) => {
      if (isWrite(request) && request.body.ReturnItemCollectionMetrics === 'SIZE' && table.indexes.some((index) => index.local)) delete ours.body?.ItemCollectionMetrics;
    },
  },
  {
    id: 'no-updated-attributes',
    title: 'UPDATED_OLD and UPDATED_NEW without anything to show',
    right: 'Carillon',
    why: 'Attributes is left out when none of what was updated is there; dynalite answers an empty map.',
    source: 'https://github.com/ExtendDB/extenddb/pull/121',
    adjust: ({ ours, theirs, request }) => {
      if (request.target === 'UpdateItem' && ours.body?.Attributes === undefined && JSON.stringify(theirs.body?.Attributes) === '{}') delete theirs.body.Attributes;
    },
  },
  {
    id: 'not-projected',
    title: 'A projection that a global index cannot give',
    right: 'Carillon',
    why: 'Global indexes do not fetch from their table, so a projection that names what the index does not hold is refused; dynalite answers what there is.',
    source: `${developerGuide}GSI.html#GSI.Projections`,
    when: ({ ours }) => /^One or more parameter values were invalid: Global secondary index \S+ does not project \[/.test(said(ours)),
  },
  {
    id: 'filter-beyond-index',
    title: 'A query whose filter names what its index does not hold',
    right: 'Carillon',
    why: 'Filters see what the index holds, also a local one. Where that cannot be what is meant, a query is refused ("Secondary index by_name does not project one or more filter attributes: [a]"); dynalite takes the attribute for missing, as both do in a scan.',
    source: 'https://github.com/paritysuite/dynamodb-conformance',
    when: ({ ours, request, table }) => request.target === 'Query' && table.indexes.some((index) => index.name === request.body.IndexName && index.projection.ProjectionType !== 'ALL')
      && /^One or more parameter values were invalid: Secondary index \S+ does not project one or more filter attributes: \[/.test(said(ours)),
  },
  {
    id: 'unordered-operands',
    title: 'Values that have no order in <, <=, >, >= and BETWEEN',
    right: 'Carillon',
    why: 'Only strings, numbers and binaries are ordered; a value of another type is refused before anything is read. dynalite compares.',
    source: `${developerGuide}Expressions.OperatorsAndFunctions.html`,
    when: ({ ours }) => /^Invalid \w+Expression: Incorrect operand type for operator or function; operator or function: (<|<=|>|>=|BETWEEN), operand type: (BOOL|NULL|SS|NS|BS|L|M)$/.test(said(ours)),
  },
  {
    id: 'plus-sign',
    title: 'Numbers with a plus sign',
    right: 'Carillon',
    why: '+5 is a number (DynamoDB reads decimals as the JVM does); dynalite refuses the sign.',
    source: 'https://github.com/ExtendDB/extenddb/pull/183',
    when: ({ theirs }) => /cannot be converted to a numeric value: \+\d/.test(said(theirs)),
  },
  {
    id: 'syntax-texts',
    title: 'The text of a syntax error',
    right: 'Carillon',
    why: 'DynamoDB names the token and what stands near it; dynalite shows what its parser generator expected.',
    source: `${developerGuide}Programming.Errors.html`,
    when: ({ ours, theirs }) => /^Invalid \w+: (Syntax error; Expected |.* is not defined; attribute (value: :|name: #)$)/.test(said(theirs))
      && (/^Invalid \w+: Syntax error; token: /.test(said(ours)) || said(ours).endsWith('The expression can not be empty;')),
  },
  {
    id: 'names-with-underscore',
    title: 'Names that begin with an underscore',
    right: 'Carillon',
    why: 'The first character of a name in an expression is a letter; others need a placeholder. dynalite takes an underscore.',
    source: `${developerGuide}Expressions.ExpressionAttributeNames.html`,
    when: ({ ours, request }) => /^Invalid \w+: Syntax error; token: "_", near: /.test(said(ours)) && /[\s(.]_\w|":\s*"_\w/.test(textOf(request)),
  },
  {
    id: 'operand-and-index-key',
    title: 'Which is named, an operand or a path that does not fit the item, or an index key of a wrong type',
    right: 'either',
    why: 'Both come of one update. Carillon carries out the update and then looks at the item; dynalite looks at index keys on the way.',
    source: `${reference}API_UpdateItem.html`,
    when: ({ ours, theirs, request }) => request.target === 'UpdateItem' && /^(An operand in the update expression has an incorrect data type|The document path provided in the update expression is invalid for update)$/.test(said(ours))
      && said(theirs) === 'The update expression attempted to update the secondary index key to unsupported type',
  },
  {
    id: 'not-not',
    title: 'NOT NOT',
    right: 'Carillon',
    why: 'The grammar has NOT condition, and NOT condition is itself a condition; dynalite cannot parse the second NOT.',
    source: `${developerGuide}Expressions.OperatorsAndFunctions.html`,
    when: ({ theirs, request }) => /Syntax error; Expected "\(" but "[Nn]" found\.$/.test(said(theirs)) && /NOT\s+NOT/i.test(textOf(request)),
  },
  {
    id: 'table-exists',
    title: 'Creating a table that exists',
    right: 'Carillon',
    why: 'The message is "Table already exists: NAME"; dynalite leaves it empty.',
    source: `${reference}API_CreateTable.html`,
    when: ({ ours, theirs }) => said(ours).startsWith('Table already exists: ') && said(theirs) === '' && /ResourceInUse/.test(theirs.body?.__type),
  },
  {
    id: 'legacy-equality',
    title: 'EQ and NE of lists, maps, booleans and null',
    right: 'Carillon',
    why: 'EQ and NE are supported for all data types, including lists and maps; dynalite refuses them in filters.',
    source: `${reference}API_Condition.html`,
    when: ({ theirs }) => /ComparisonOperator (EQ|NE) is not valid for (BOOL|NULL|L|M) AttributeValue type$/.test(said(theirs)),
  },
  {
    id: 'empty-keys',
    title: 'The text for an empty value in a key',
    right: 'Carillon',
    why: '"One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: ..." in all operations; dynalite says "were invalid:" in some.',
    source: `${developerGuide}HowItWorks.NamingRulesDataTypes.html`,
    adjust: ({ ours, theirs }) => {
      for (const { body } of [ours, theirs]) {
        if (/cannot contain an empty (string|binary) value/.test(body?.message)) body.message = body.message.replace('were invalid: ', 'are not valid. ');
      }
    },
  },
  {
    id: 'empty-key-conditions',
    title: 'Key conditions with an empty value',
    right: 'Carillon',
    why: 'No key attribute may be empty, so such a condition is refused; dynalite finds nothing.',
    source: `${developerGuide}HowItWorks.NamingRulesDataTypes.html`,
    when: ({ ours, theirs, request }) => request.target === 'Query' && ok(theirs) && theirs.body.ScannedCount === 0
      && /AttributeValue for a key attribute cannot contain an empty (string|binary) value/.test(said(ours)),
  },
  {
    id: 'empty-index-keys',
    title: 'Empty values in the key of an index',
    right: 'Carillon',
    why: 'Key attributes of indexes must not be empty either; dynalite stores them.',
    source: 'https://github.com/architect/dynalite/issues/184',
    when: ({ ours }) => /secondary index key.*cannot contain an empty (string|binary) value/.test(said(ours)),
  },
  {
    id: 'nesting',
    title: 'Attributes nested more than 32 levels deep',
    right: 'Carillon',
    why: 'DynamoDB supports 32 levels; dynalite has no limit.',
    source: `${developerGuide}Constraints.html`,
    when: ({ ours }) => /Nesting Levels have exceeded supported limits/.test(said(ours)),
  },
  {
    id: 'null-in-set',
    title: 'null among the members of a set',
    right: 'Carillon',
    why: 'A set may not have a null member; dynalite passes it on as a value.',
    source: `${reference}API_AttributeValue.html`,
    when: ({ ours }) => /may not have a null string as a member|may not contain null members/.test(said(ours)),
  },
  {
    id: 'shown-values',
    title: 'Values inside validation errors',
    right: 'either',
    why: 'The service shows them as its JVM prints the request, and newer parts of it as JSON or not at all; the text has changed from region to region in 2026. Both servers imitate the older form, differently for structures inside maps and lists.',
    source: `${developerGuide}Programming.Errors.html`,
    adjust: ({ ours, theirs }) => {
      for (const { body } of [ours, theirs]) {
        if (/validation errors? detected: /.test(body?.message)) body.message = body.message.replace(/Value '.*?' at '/gs, "Value '…' at '");
      }
    },
  },
  {
    id: 'order-of-index-breaches',
    title: 'The order of breaches in several indexes of CreateTable',
    right: 'Carillon',
    why: 'Those of global indexes are named before those of local ones; dynalite has them the other way round.',
    source: 'https://github.com/paritysuite/dynamodb-conformance',
    adjust: ({ ours, theirs, request }) => {
      if (request.target !== 'CreateTable' || ![ours, theirs].every((one) => /^\d+ validation errors detected: /.test(said(one)))) return;
      for (const { body } of [ours, theirs]) body.message = breachesText(breachesOf(body.message).sort());
    },
  },
  {
    id: 'repeated-breaches',
    title: 'Several wrong table names in one batch',
    right: 'either',
    why: 'RequestItems breaks the rule of its keys, once; dynalite says the same sentence again for each wrong name.',
    source: `${reference}API_BatchGetItem.html`,
    adjust: ({ ours, theirs, request }) => {
      if (!/^Batch(Get|Write)Item$/.test(request.target) || ![ours, theirs].every((one) => /Map keys must satisfy constraint/.test(said(one)))) return;
      theirs.body.message = breachesText([...new Set(breachesOf(theirs.body.message))]);
    },
  },
  {
    id: 'key-types-of-indexes',
    title: 'KeyType of an index',
    right: 'Carillon',
    why: 'HASH or RANGE, in indexes too; dynalite checks that of the table only.',
    source: `${reference}API_KeySchemaElement.html`,
    when: ({ ours, request }) => request.target === 'CreateTable'
      && /SecondaryIndexes\.\d+\.member\.keySchema\.\d+\.member\.keyType' failed to satisfy constraint: Member must satisfy enum value set/.test(said(ours)),
  },
  {
    id: 'return-values-of-delete',
    title: 'ReturnValues of DeleteItem',
    right: 'Carillon',
    why: 'DeleteItem does not recognise any values other than NONE or ALL_OLD; dynalite takes them all.',
    source: `${reference}API_DeleteItem.html`,
    when: ({ ours, request }) => request.target === 'DeleteItem' && said(ours) === 'ReturnValues can only be ALL_OLD or NONE',
  },
  {
    id: 'empty-twice',
    title: 'Empty strings twice in a set',
    right: 'Carillon',
    why: 'Members of a set are unique, empty ones too; dynalite overlooks the second empty one.',
    source: `${developerGuide}HowItWorks.NamingRulesDataTypes.html`,
    when: ({ ours, request }) => /Input collection \[.*contains duplicates/s.test(said(ours)) && /"[SB]S":\[[^\]]*""[^\]]*""/.test(textOf(request)),
  },
  {
    id: 'body-is-no-object',
    title: 'A body that is JSON but no object',
    right: 'Carillon',
    why: 'SerializationException; dynalite treats it as an empty request.',
    source: `${developerGuide}Programming.Errors.html`,
    when: ({ ours, request }) => request.text !== undefined && /SerializationException/.test(ours.body?.__type) && !/^\s*\{/.test(request.text),
  },
  {
    id: 'delete-type-set',
    title: 'The text for a wrong operand of ADD and DELETE',
    right: 'Carillon',
    why: 'DynamoDB ends it with the set of types that would do (typeSet: ALLOWED_FOR_DELETE_OPERAND); dynalite leaves that out.',
    source: 'https://github.com/aws/aws-sdk-js-v3/issues/4939',
    adjust: ({ ours }) => {
      if (ours.body?.message) ours.body.message = ours.body.message.replace(/, typeSet: ALLOWED_FOR_(ADD|DELETE)_OPERAND$/, '');
    },
  },
  {
    id: 'legacy-or',
    title: 'ConditionalOperator OR',
    right: 'Carillon',
    why: 'OR: true when at least one of the conditions is; dynalite is done with the first that is not.',
    source: `${developerGuide}LegacyConditionalParameters.ConditionalOperator.html`,
    when: ({ ours, theirs, request }) => {
      const { ConditionalOperator, Expected, QueryFilter, ScanFilter } = request.body;
      if (ConditionalOperator !== 'OR' || Object.keys(Expected ?? QueryFilter ?? ScanFilter ?? {}).length < 2) return false;
      if (Expected) return /ConditionalCheckFailed/.test(theirs.body.__type) && !/ConditionalCheckFailed/.test(ours.body.__type);
      return ok(ours) && ok(theirs) && ours.body.ScannedCount === theirs.body.ScannedCount && ours.body.Count > theirs.body.Count;
    },
  },
  {
    id: 'shown-binary',
    title: 'Binaries in the text about the bounds of BETWEEN',
    right: 'either',
    why: 'The bounds are shown as the JVM prints them. For a binary that is its buffer, of which nothing can be read; dynalite shows base64. No document says which.',
    source: `${developerGuide}Programming.Errors.html`,
    when: ({ ours, theirs }) => /^Invalid \w+: The BETWEEN operator requires .*HeapByteBuffer/s.test(said(ours)) && /^Invalid \w+: The BETWEEN operator requires .*\{B:/s.test(said(theirs)),
  },
  {
    id: 'nested-key-condition',
    title: 'The text for a key condition on a nested attribute',
    right: 'Carillon',
    why: 'Since 2026 the service puts "Invalid KeyConditionExpression: " in front of it; dynalite has the older text.',
    source: 'https://github.com/ExtendDB/extenddb/pull/195',
    adjust: ({ ours }) => {
      if (/KeyConditionExpressions cannot have conditions on nested attributes$/.test(ours.body?.message)) ours.body.message = ours.body.message.replace('Invalid KeyConditionExpression: ', '');
    },
  },
  {
    id: 'table-name-length',
    title: 'Table names that are empty, too short or too long',
    right: 'Carillon',
    why: 'A name is told apart from an ARN now, so an empty one breaks only the length of at least 1, and CreateTable reports the length as any other constraint; dynalite has the older texts.',
    source: `${reference}API_CreateTable.html`,
    when: ({ ours, theirs }) => /at 'tableName' failed to satisfy constraint: Member must have length/.test(said(ours))
      && (/at 'tableName' failed to satisfy constraint/.test(said(theirs)) || /^TableName must be at least 3/.test(said(theirs))),
  },
  {
    id: 'batch-sizes',
    title: 'The texts for batches that are empty or too large',
    right: 'Carillon',
    why: 'The texts of 2026 name the member without its value; dynalite has the older ones.',
    source: 'https://github.com/nubo-db/dynoxide/pull/198',
    when: ({ ours }) => /^1 validation error detected: Value at 'RequestItems|^The requestItems parameter is required for BatchWriteItem$/.test(said(ours)),
  },
  {
    id: 'holes',
    title: 'null in place of a part of a request',
    right: 'Carillon',
    why: 'A part that must be there and is null breaks "Member must not be null"; dynalite takes some of them as given and fails later, or falls.',
    source: `${reference}CommonErrors.html`,
    when: ({ ours }) => /Value null at '[^']+\.member' failed to satisfy constraint: Member must not be null/.test(said(ours)),
  },
  {
    id: 'exists-with-value',
    title: 'Expected with Exists true and a Value',
    right: 'Carillon',
    why: 'Exists true means that the attribute must have the Value; dynalite only looks whether it is there.',
    source: `${reference}API_ExpectedAttributeValue.html`,
    when: ({ ours, theirs, request }) => Object.values(request.body.Expected ?? {}).some((one) => one?.Exists === true && one.Value)
      && /ConditionalCheckFailed/.test(ours.body.__type) !== /ConditionalCheckFailed/.test(theirs.body.__type),
  },
  {
    id: 'expected-values',
    title: 'Wrong values in Expected',
    right: 'Carillon',
    why: 'Values in an AttributeValueList are checked as all values are; dynalite compares with them.',
    source: `${reference}API_ExpectedAttributeValue.html`,
    when: ({ ours, request }) => request.body.Expected && ours.status === 400
      && /numeric value|may not be empty|should not be empty|contains duplicates|datatypes|Number overflow|Number underflow|significant digits|Null attribute value|is not valid for \w+ AttributeValue type/.test(said(ours)),
  },
  {
    id: 'segment-zero',
    title: 'Segment 0 without TotalSegments',
    right: 'Carillon',
    why: 'If you provide Segment, you must also provide TotalSegments; dynalite overlooks the segment 0.',
    source: `${reference}API_Scan.html`,
    when: ({ ours, request }) => request.body.Segment === 0 && said(ours).startsWith('The TotalSegments parameter is required'),
  },
  {
    id: 'total-segments',
    title: 'TotalSegments above a million, Segment not below it',
    right: 'Carillon',
    why: 'The maxima are 1000000 and 999999; dynalite has none.',
    source: `${reference}API_Scan.html`,
    when: ({ ours }) => /at '(totalSegments|segment)' failed to satisfy constraint: Member must have value less than or equal to (1000000|999999)/.test(said(ours)),
  },
  {
    id: 'select',
    title: 'Select together with projections',
    right: 'Carillon',
    why: 'SPECIFIC_ATTRIBUTES needs a projection, every other Select forbids one, and ALL_PROJECTED_ATTRIBUTES needs an index; dynalite takes any combination.',
    source: `${reference}API_Query.html#DDB-Query-request-Select`,
    when: ({ ours }) => /^(Must specify|Cannot specify) the .* when choosing to get |^ALL_PROJECTED_ATTRIBUTES can be used only when/.test(said(ours)),
  },
  {
    id: 'throughput-of-no-index',
    title: 'UpdateTable of an index that is not there',
    right: 'Carillon',
    why: 'An error; dynalite passes over it when the table has no indexes.',
    source: `${reference}API_UpdateTable.html`,
    when: ({ ours, theirs, request }) => request.target === 'UpdateTable' && ok(theirs) && /index/i.test(said(ours)),
  },
  {
    id: 'sizes-of-conditions',
    title: 'Key conditions beyond the size of keys',
    right: 'Carillon',
    why: 'Values that no key can have are refused; dynalite finds nothing.',
    source: `${developerGuide}Constraints.html`,
    when: ({ ours, request }) => request.target === 'Query' && /has exceeded the (maximum )?size limit of/.test(said(ours)),
  },
  {
    id: 'start-key-and-condition',
    title: 'Which is named, a wrong start key or a wrong key condition',
    right: 'either',
    why: 'Both are refused with their own texts. When both are wrong, Carillon names the condition, as the service checks key conditions before it looks at the table; dynalite goes from key to key.',
    source: `${reference}API_Query.html`,
    when: ({ ours, theirs, request }) => request.target === 'Query' && request.body.ExclusiveStartKey
      && /^(Query |One or more parameter values were invalid: Condition parameter|Attempted conditional|The provided starting key|The provided key element)/.test(said(ours))
      && /^(Query |One or more parameter values were invalid: Condition parameter|Attempted conditional|The provided starting key|The provided key element|One or more parameter values were invalid: The AttributeValue for a key attribute)/.test(said(theirs)),
  },
  {
    id: 'attribute-name-length',
    title: 'Names of key attributes that are empty or too long',
    right: 'Carillon',
    why: 'Names in AttributeDefinitions and KeySchema have 1 to 255 characters; dynalite does not count them.',
    source: `${reference}API_AttributeDefinition.html`,
    when: ({ ours, request }) => /Table$/.test(request.target) && /at '[\w.]*attributeName' failed to satisfy constraint: Member must have length/.test(said(ours)),
  },
  {
    id: 'list-index',
    title: 'List indexes beyond 32 bits',
    right: 'Carillon',
    why: '"List index is not within the allowable range"; dynalite has no limit.',
    source: `${developerGuide}Expressions.Attributes.html`,
    when: ({ ours }) => /List index is not within the allowable range/.test(said(ours)),
  },
  {
    id: 'capacity-of-consistent-scans',
    title: 'Capacity of consistent scans',
    right: 'Carillon',
    why: 'A strongly consistent read costs twice an eventually consistent one, in scans too; dynalite does not know ConsistentRead there.',
    source: `${reference}API_Scan.html`,
    adjust: ({ ours, theirs, request }) => {
      if (request.target !== 'Scan' || request.body?.ConsistentRead !== true || !ok(ours) || !ok(theirs)) return;
      if (ours.body.ConsumedCapacity?.CapacityUnits < (theirs.body.ConsumedCapacity?.CapacityUnits ?? 0)) return;
      delete ours.body.ConsumedCapacity;
      delete theirs.body.ConsumedCapacity;
    },
  },
  {
    id: 'members-of-today',
    title: 'Members that dynalite does not know',
    right: 'Carillon',
    why: 'ReturnValuesOnConditionCheckFailure, ConsistentRead of Scan, TableClass and others are checked; dynalite passes over them.',
    source: `${reference}API_Operations_Amazon_DynamoDB.html`,
    when: ({ ours, request }) => ours.status === 400
      && (/returnValuesOnConditionCheckFailure/.test(said(ours)) || (request.malformed === true && /SerializationException/.test(ours.body.__type)
        && ((request.body.ReturnValuesOnConditionCheckFailure !== undefined && typeof request.body.ReturnValuesOnConditionCheckFailure !== 'string')
          || (request.target === 'Scan' && request.body.ConsistentRead !== undefined && typeof request.body.ConsistentRead !== 'boolean')))),
  },
  {
    id: 'sums-out-of-range',
    title: 'Sums that are no number of DynamoDB',
    right: 'Carillon',
    why: 'A sum of more than 38 digits or beyond the range is refused, as any such number is; dynalite stores it.',
    source: `${developerGuide}HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number`,
    when: ({ ours, request }) => request.target === 'UpdateItem' && /^Number (over|under)flow\./.test(said(ours)),
  },
  {
    id: 'distinct-in',
    title: 'An operand of IN, BETWEEN that is its own candidate',
    right: 'Carillon',
    why: '"The first operand must be distinct from the remaining operands", also when there are several; dynalite looks at pairs only.',
    source: 'https://github.com/nubo-db/dynoxide/issues/31',
    when: ({ ours }) => /The first operand must be distinct from the remaining operands for this operator or function; operator: (IN|BETWEEN),/.test(said(ours)),
  },
  {
    id: 'create-table-checks',
    title: 'CreateTable with definitions that are doubled or unused, projections that are incomplete, or throughput out of bounds',
    right: 'Carillon',
    why: 'Refused, and before the table is looked for; dynalite looks at definitions only when there are no indexes, at the throughput of the table only, and has an older text for an attribute that is twice in a key.',
    source: `${reference}API_CreateTable.html`,
    when: ({ ours, request }) => request.target === 'CreateTable'
      && /Duplicate AttributeName in AttributeDefinitions|Duplicate attribute name in NonKeyAttributes|ProjectionType is INCLUDE, but NonKeyAttributes is not specified|Some AttributeDefinitions are not used|Duplicate attribute name in KeySchema|ProvisionedThroughput must be specified for index|^Given value \d+ for \w+ is out of bounds/.test(said(ours)),
  },
  {
    id: 'which-conflict',
    title: 'Which of several conflicting paths are named',
    right: 'either',
    why: 'Any pair that conflicts is a true answer. Carillon names the first in the order of the text, dynalite the last.',
    source: `${developerGuide}Expressions.UpdateExpressions.html`,
    adjust: ({ ours, theirs }) => {
      if (![ours, theirs].every((one) => /^Invalid \w+: Two document paths conflict with each other;/.test(said(one)))) return;
      for (const { body } of [ours, theirs]) body.message = body.message.replace(/path one: .*/, 'path one: …');
    },
  },
  {
    id: 'index-order',
    title: 'The order of an index beyond its keys',
    right: 'either',
    why: 'No order is documented for scans of an index, nor for items of one partition with the same sort key. Where pages are cut inside such ties, their items differ too; what the pages hold together is compared.',
    source: `${reference}API_Scan.html`,
    when: (difference) => {
      const { ours, theirs, request } = difference;
      if (request.walk || !/^(Scan|Query)$/.test(request.target) || !request.body.IndexName || !ok(ours) || !ok(theirs)) return false;
      return alikeButForTies(difference);
    },
  },
  {
    id: 'sizes-of-index-keys',
    title: 'Keys of indexes beyond the size of keys',
    right: 'Carillon',
    why: '2048 bytes for hash keys and 1024 for sort keys, in indexes too; dynalite looks at the table\'s own key only.',
    source: `${developerGuide}Constraints.html`,
    when: ({ ours }) => /has exceeded the maximum size limit of \d+ bytes\. IndexName: /.test(said(ours)),
  },
  {
    id: 'put-and-delete',
    title: 'A put and a delete in one write of a batch',
    right: 'Carillon',
    why: 'A WriteRequest has exactly one of them; dynalite takes the put. Where another write of the batch is wrong too, Carillon names the first in their order, dynalite this one.',
    source: `${reference}API_WriteRequest.html`,
    when: ({ ours, request }) => request.target === 'BatchWriteItem' && /^Supplied AttributeValue has more than one datatypes set/.test(said(ours))
      && /"PutRequest":\{.*\},"DeleteRequest":/.test(textOf(request)),
  },
  {
    id: 'neither-put-nor-delete',
    title: 'A write of a batch that is neither, and another that is wrong',
    right: 'either',
    why: 'Both are refused. Carillon names the first fault in the order of the writes, dynalite the write without a request.',
    source: `${reference}API_WriteRequest.html`,
    when: ({ ours, theirs, request }) => request.target === 'BatchWriteItem' && !ok(ours) && /^Supplied AttributeValue has more than one datatypes set/.test(said(theirs))
      && Object.values(request.body?.RequestItems ?? {}).flat().some((one) => one && !one.PutRequest && !one.DeleteRequest),
  },
  {
    id: 'empty-attribute-name',
    title: 'A placeholder for an empty name',
    right: 'Carillon',
    why: '"Empty attribute name for key #x"; dynalite calls the placeholder undefined.',
    source: `${reference}API_GetItem.html`,
    when: ({ ours }) => /^ExpressionAttributeNames contains invalid value: Empty attribute name for key/.test(said(ours)),
  },
  {
    id: 'fetched-by-local-index',
    title: 'A projection that goes beyond a local index',
    right: 'Carillon',
    why: 'What a local index does not hold is fetched from the table; dynalite answers without it.',
    source: `${developerGuide}LSI.html#LSI.Projections`,
    when: ({ ours, theirs, request, table }) => /^(Query|Scan)$/.test(request.target) && ok(ours) && ok(theirs)
      && table.indexes.some((index) => index.local && index.name === request.body.IndexName && index.projection.ProjectionType !== 'ALL')
      && (request.body.ProjectionExpression !== undefined || request.body.AttributesToGet !== undefined)
      && ours.body.ScannedCount === theirs.body.ScannedCount && ours.body.Count === theirs.body.Count,
  },
  {
    id: 'functions-of-conditions',
    title: 'Functions of conditions in updates',
    right: 'Carillon',
    why: '"The function is not allowed in an update expression"; dynalite does not know them there.',
    source: `${developerGuide}Expressions.UpdateExpressions.html`,
    when: ({ ours }) => /^Invalid UpdateExpression: The function is not allowed in an update expression; function: /.test(said(ours)),
  },
  {
    id: 'functions-of-updates',
    title: 'Functions of updates in conditions',
    right: 'Carillon',
    why: '"The function is not allowed in a condition expression"; dynalite does not know them there.',
    source: `${developerGuide}Expressions.OperatorsAndFunctions.html`,
    when: ({ ours, theirs }) => /^Invalid \w+: The function is not allowed in a condition expression; function: (if_not_exists|list_append)$/.test(said(ours))
      && /^Invalid \w+: Invalid function name; function: (if_not_exists|list_append)$/.test(said(theirs)),
  },
  {
    id: 'operand-count-and-type',
    title: 'Which is named, a wrong number of operands or a wrong type of one',
    right: 'either',
    why: 'Both are in one update expression. Carillon names the first from the left; dynalite goes section by section in an order of its own.',
    source: `${developerGuide}Programming.Errors.html`,
    when: ({ ours, theirs }) => [ours, theirs].every((answer) => /^Invalid UpdateExpression: Incorrect (number of operands|operand type) for operator or function; /.test(said(answer))),
  },
  {
    id: 'operand-and-undefined',
    title: 'Which is named, wrong operands of size or an undefined value behind it',
    right: 'either',
    why: 'Both are in one comparison. DynamoDB goes through the clauses as they are written, and so does Carillon; dynalite looks for undefined values of a comparison first.',
    source: 'https://github.com/paritysuite/dynamodb-conformance',
    when: ({ ours, theirs, request }) => /operator or function: size, (operand type: N|number of operands: \d+)$/.test(said(ours))
      && /An expression attribute value used in expression is not defined; attribute value: :\w+$/.test(said(theirs)) && /size\s*\(\s*size\s*\(|size\s*\([^()]*,/.test(textOf(request)),
  },
  {
    id: 'falsy-in',
    title: 'IN with false, or an empty value',
    right: 'Carillon',
    why: 'a IN (b, c) is true if a equals any of them; dynalite takes false and empty values for missing ones.',
    source: `${developerGuide}Expressions.OperatorsAndFunctions.html`,
    when: ({ ours, theirs, request }) => /\bIN\b/i.test(textOf(request)) && /\{"BOOL":false\}|\{"[SB]":""\}|\{"M":\{\}\}|\{"L":\[\]\}/.test(textOf(request))
      && judgedOtherwise(ours, theirs),
  },
  {
    id: 'sizes-of-nothing',
    title: 'Comparing the sizes of what is not there',
    right: 'Carillon',
    why: 'A comparison with an attribute that the item lacks does not hold; dynalite takes one missing size for the equal of another.',
    source: `${developerGuide}Expressions.OperatorsAndFunctions.html`,
    when: ({ ours, theirs, request }) => {
      if (!/size\s*\([^()]*\)\s*(=|<=|>=)\s*size\s*\(/.test(textOf(request)) || !ok(theirs)) return false;
      if (/ConditionalCheckFailed/.test(ours.body.__type)) return true;
      return ok(ours) && ours.body.ScannedCount !== undefined && ours.body.ScannedCount === theirs.body.ScannedCount && ours.body.Count < theirs.body.Count;
    },
  },
  {
    id: 'filter-of-fetched',
    title: 'A scan of a local index whose filter names what the index does not hold, and that asks for all attributes',
    right: 'either',
    why: 'Items are fetched from the table, and no document says whether before the filter or behind it. Carillon filters what the index holds, as where nothing is fetched; dynalite filters what it has fetched.',
    source: `${reference}API_Scan.html#DDB-Scan-request-Select`,
    when: ({ ours, theirs, request, table }) => {
      const { Select, FilterExpression, ScanFilter, IndexName } = request.body;
      return request.target === 'Scan' && Select === 'ALL_ATTRIBUTES' && (FilterExpression ?? ScanFilter) !== undefined && ok(ours) && ok(theirs)
        && table.indexes.some((index) => index.local && index.name === IndexName && index.projection.ProjectionType !== 'ALL')
        && ours.body.ScannedCount === theirs.body.ScannedCount && ours.body.Count !== theirs.body.Count;
    },
  },
  {
    id: 'hash-operator',
    title: 'Which is named, an operator that a hash key does not take or a value of another type',
    right: 'either',
    why: 'Both are refused. Carillon looks at the operators of all conditions first, dynalite at the types.',
    source: `${reference}API_Query.html`,
    when: ({ ours, theirs, request }) => request.target === 'Query' && said(ours) === 'Query key condition not supported'
      && said(theirs) === 'One or more parameter values were invalid: Condition parameter type does not match schema type',
  },
  {
    id: 'false-doubles',
    title: 'Keys that are taken for doubles',
    right: 'Carillon',
    why: 'Keys are doubles when they are equal; dynalite compares what their values spell, so that {} and an empty value are the same.',
    source: `${reference}API_BatchGetItem.html`,
    when: ({ theirs, request }) => request.target === 'BatchGetItem' && said(theirs) === 'Provided list of item keys contains duplicates'
      && Object.values(request.body.RequestItems).every(({ Keys }) => new Set(canonicalItems(Keys)).size === Keys.length),
  },
  {
    id: 'key-and-path',
    title: 'Which is named, a wrong key or a path into a key',
    right: 'either',
    why: 'When a GetItem has both, Carillon names the path, as expressions are checked before the table is looked at; dynalite names the key.',
    source: `${reference}API_GetItem.html`,
    when: ({ ours, theirs }) => /^Key attributes must be scalars;/.test(said(ours)) && /^The provided key element does not match the schema$|cannot contain an empty/.test(said(theirs)),
  },
  {
    id: 'one-condition-per-key',
    title: 'The texts for too many key conditions',
    right: 'Carillon',
    why: 'Since 2026: "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key", and "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)"; dynalite has the older texts.',
    source: 'https://github.com/paritysuite/dynamodb-conformance',
    when: ({ ours, theirs }) => /^Invalid KeyConditionExpression: KeyConditionExpressions must only contain one|^The number of query conditions \(/.test(said(ours))
      && /^KeyConditionExpressions must only contain one condition per key$|^Conditions can be of length 1 or 2 only$/.test(said(theirs)),
  },
  {
    id: 'not-contains-of-nothing',
    title: 'NOT_CONTAINS of an attribute that is not there',
    right: 'Carillon',
    why: 'Does not hold, as no comparison with what is not there does, but for NULL and NE; in dynalite it holds.',
    source: 'https://github.com/scylladb/scylladb/blob/master/test/alternator/test_expected.py',
    when: ({ ours, theirs, request }) => {
      const { Expected, QueryFilter, ScanFilter } = request.body ?? {};
      if (!ok(theirs) || !JSON.stringify([Expected, QueryFilter, ScanFilter]).includes('"NOT_CONTAINS"')) return false;
      return isWrite(request) ? /ConditionalCheckFailedException/.test(ours.body?.__type) : ok(ours) && ours.body.Count < theirs.body.Count;
    },
  },
  {
    id: 'nothing-to-take-away',
    title: 'REMOVE and DELETE of an item that is not there',
    right: 'Carillon',
    why: 'There is nothing to delete, so nothing happens; dynalite makes an item of the key alone, or refuses the paths into it.',
    source: `${reference}API_AttributeValueUpdate.html`,
    when: ({ ours, theirs, request }) => onlyTakesAway(request) && ok(ours) && !ours.body.Attributes
      && (ok(theirs) || said(theirs) === 'The document path provided in the update expression is invalid for update'),
  },
  {
    id: 'exponents-of-zero',
    title: 'Zero with an exponent out of range, exponents beyond 64 bits',
    right: 'Carillon',
    why: 'The exponent is read in full before anything else: 0e126 is an overflow, and what 64 bits do not hold is no number; dynalite takes the first for zero and the second for an overflow.',
    source: 'https://github.com/paritysuite/dynamodb-conformance',
    when: ({ ours, request }) => /Number (over|under)flow\. |cannot be converted to a numeric value: /.test(said(ours)) && /"[-+]?0+(\.0*)?[eE][-+]?\d{3,}"|[eE][-+]?\d{19,}"/.test(textOf(request)),
  },
  {
    id: 'long-attribute-names',
    title: 'Attribute names of 64 KB',
    right: 'Carillon',
    why: 'Names are shorter than 65536 bytes, at any depth; dynalite does not count nested ones.',
    source: `${developerGuide}HowItWorks.NamingRulesDataTypes.html`,
    when: ({ ours }) => said(ours) === 'Attribute name is too large, must be less than 65536 bytes',
  },
  {
    id: 'several-mistyped',
    title: 'Which of several mistyped members is named',
    right: 'either',
    why: 'One SerializationException names one member. Carillon takes the first in the body, as a reader of a stream does; dynalite goes by its own list.',
    source: `${developerGuide}Programming.Errors.html`,
    when: ({ ours, theirs, request }) => (request.malformed === true || mistypedParts(request.body) > 1)
      && [ours, theirs].every(({ body }) => /SerializationException/.test(body?.__type) && body.Message),
  },
  {
    id: 'repeated-members',
    title: 'A member that stands twice in one object of the request',
    right: 'either',
    why: 'RFC 8259, section 4: what becomes of it is unpredictable. Carillon refuses such a request, so that nothing is stored of which half was lost; dynalite takes the last.',
    source: 'https://www.rfc-editor.org/rfc/rfc8259#section-4',
    when: ({ ours, request }) => ours.body.__type?.endsWith('SerializationException') && repeatsMembers(request.text),
  },
  {
    id: 'action-of-updates',
    title: 'An Action of AttributeUpdates that is none',
    right: 'Carillon',
    why: 'ADD, PUT and DELETE are the valid values, and values outside an enumeration are refused before anything else is looked at; dynalite sometimes takes them, sometimes names another fault.',
    source: `${reference}API_AttributeValueUpdate.html`,
    when: ({ ours }) => /^\d+ validation errors? detected: .*'attributeUpdates\.[^']*\.member\.action' failed to satisfy constraint: Member must satisfy enum value set/s.test(said(ours)),
  },
  {
    id: 'type-of-false',
    title: 'attribute_type of false',
    right: 'Carillon',
    why: 'The type of false is BOOL; dynalite takes the attribute for missing.',
    source: `${developerGuide}Expressions.OperatorsAndFunctions.html`,
    when: ({ ours, theirs, request }) => /attribute_type/i.test(textOf(request)) && /\{"S":"BOOL"\}/.test(textOf(request)) && judgedOtherwise(ours, theirs),
  },
  {
    id: 'binaries-as-texts',
    title: 'begins_with and contains of binaries that are no texts',
    right: 'Carillon',
    why: 'Binaries are compared byte by byte; dynalite makes texts of them, in which all bytes that are no UTF-8 are alike.',
    source: `${reference}API_Condition.html`,
    when: ({ ours, theirs, request }) => ok(ours) && ok(theirs) && /begins_with|contains/i.test(textOf(request))
      && [...textOf(request).matchAll(/"B":"([^"]+)"/g)].some(([, text]) => Buffer.from(text, 'base64').toString().includes('\ufffd')),
  },
  {
    id: 'consistent-scan-of-index',
    title: 'A strongly consistent scan of a global index',
    right: 'Carillon',
    why: 'Strongly consistent reads are not supported on global secondary indexes, and a Scan that asks for one is refused as a Query is; dynalite does not always look at ConsistentRead there, and names another fault first.',
    source: `${reference}API_Scan.html#DDB-Scan-request-ConsistentRead`,
    when: ({ ours, theirs, request }) => request.target === 'Scan' && /^(true|1|yes)$/i.test(request.body?.ConsistentRead) && said(ours) === 'Consistent reads are not supported on global secondary indexes',
  },
];
