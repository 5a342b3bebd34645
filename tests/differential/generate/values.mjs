// Random attribute values: every type, numbers at the edges, and now and then a wrong one.

export const attributeNames = ['a', 'b', 'c', 'd', 'm', 'l', 'n', 'ss', 'ns', 'x.y', 'with space', 'ünï', 'name', 'size', 'g1', 'g2', 'l1'];

const plainNumbers = ['0', '1', '-1', '2', '3', '10', '42', '-7', '1.5', '100', '1000', '0.1', '-0.25', '99999'];
const edgeNumbers = ['-0', '1.0', '0010', '1e2', '1E+2', '+5', '1.50', '.5', '5.', '-.5', '12345678901234567890123456789012345678',
  '9.9999999999999999999999999999999999999E+125', '-9.9999999999999999999999999999999999999E+125', '1E-130', '-1E-130', '1E125',
  '0E-200', '0e999', '100000000000000000000000000000000000000000', '0.00000000000000000000000000000000000000001', '123.4560000', '1e-5',
  '1234567890.0987654321', '0.000001234', '99999999999999999999999999999999999999', '1e38', '1e21', '1e20', '120e-3', '-00.10'];
const badNumbers = ['123456789012345678901234567890123456789', '1E126', '-1E126', '1E-131', 'abc', '', ' 1', '1 ', '0x10', 'NaN', 'Infinity',
  '1e', '1_000', '--1', '1.2.3', '1,5', 'e5', '.', '1e+', '1234567890123456789.01234567890123456789', '1e999', '1e-999', '-', '+', '１'];
const texts = ['', 'a', 'b', 'ab', 'abc', 'x', 'héllo', '日本', '😀', 'A', ' ', '"quoted"', 'a\nb', '\u0000', '\u007f', 'zzzzzzzzzzzzzzzzzzzz', '1', '10', '2'];
const bytes = ['', 'AA==', 'AQ==', 'AQI=', 'AQID', '/w==', '//79', 'YWJj', 'gA=='];
const badBytes = ['A', 'AA', 'AAA', 'AB==', '====', '!!!!', 'AQID ', 'AQI', 'A===', 'AQ=', 'AAB='];

export const number = (chance, wrong = 0) =>
  chance.yes(wrong) ? chance.pick(badNumbers) : chance.yes(0.75) ? chance.pick(plainNumbers) : chance.pick(edgeNumbers);
export const text = (chance) => chance.pick(texts);
export const binary = (chance, wrong = 0) => (chance.yes(wrong) ? chance.pick(badBytes) : chance.pick(bytes));

/** Members of a set without repetition by spelling; numbers are from a list of different ones. */
function members(chance, pool) {
  return chance.some(pool, 1, 4);
}

const wrongValues = (chance) =>
  chance.pick([
    {}, { S: 'a', N: '1' }, { X: 'a' }, { SS: [] }, { NS: [] }, { BS: [] }, { SS: ['a', 'a'] }, { NS: ['1', '1.0'] }, { NS: ['1', 'x'] },
    { BS: ['AQ==', 'AQ=='] }, { NULL: false }, { NULL: 'no' }, { NULL: 'true' }, { BOOL: 'false' }, { S: null }, { N: null }, null, { S: 1 },
    { N: 1 }, { B: 1 }, { L: 'a' }, { M: [] }, { SS: 'a' }, { SS: [1] }, { SS: [null] }, { NS: [null] }, { BS: [null] }, { BOOL: 3 },
    { L: [{}] }, { M: { a: {} } }, { L: [{ S: 'a', N: '1' }] }, { M: { a: { NS: ['1', '1'] } } }, { SS: ['a'], NS: ['1'] }, { L: [null] },
    { M: { a: null } }, 'text', 5, true, [], { S: { a: 1 } }, { S: ['a'] }, { BOOL: 'maybe' }, { BOOL: 'TRUE' }, { NULL: 0 }, { s: 'a' },
    { S: 'a', X: 'b' }, { S: 'a', N: 'x' }, { N: 'x', SS: [] }, { L: [], M: {} }, { NULL: true, S: '' }, { SS: ['', ''] }, { B: 'x', S: 'y' },
  ]);

function nested(chance, depth) {
  let value = { S: 'deep' };
  for (let i = 0; i < depth; i++) value = chance.yes(0.5) ? { L: [value] } : { M: { k: value } };
  return value;
}

/** A value of the type. */
export function ofType(chance, type, wrong = 0, depth = 0) {
  switch (type) {
    case 'S': return { S: text(chance) };
    case 'N': return { N: number(chance, wrong) };
    case 'B': return { B: binary(chance, wrong) };
    case 'BOOL': return { BOOL: chance.yes(0.5) };
    case 'NULL': return { NULL: true };
    case 'SS': return { SS: members(chance, texts) };
    case 'NS': return { NS: chance.yes(wrong) ? chance.times(1, 3, () => number(chance, 0.3)) : members(chance, plainNumbers) };
    case 'BS': return { BS: members(chance, bytes) };
    case 'L': return { L: chance.times(0, 4, () => value(chance, wrong, depth + 1)) };
    default: {
      const map = {};
      for (const name of chance.some(['a', 'b', 'c', 'n', 'size', 'x.y', ''], 0, 4)) map[name] = value(chance, wrong, depth + 1);
      return { M: map };
    }
  }
}

const types = [[5, 'S'], [5, 'N'], [2, 'B'], [2, 'BOOL'], [1, 'NULL'], [2, 'SS'], [2, 'NS'], [1, 'BS'], [3, 'L'], [4, 'M']];
const leaves = types.slice(0, 8);

/** Any value; `wrong` is the chance that it is one DynamoDB refuses. */
export function value(chance, wrong = 0, depth = 0) {
  if (chance.yes(wrong)) return wrongValues(chance);
  if (depth === 0 && chance.yes(0.004)) return nested(chance, chance.int(29, 34));
  return ofType(chance, chance.weighted(depth < 3 ? types : leaves), wrong, depth);
}
