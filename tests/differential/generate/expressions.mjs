// Random expressions over a table's attributes, valid ones and broken ones.

import { attributeNames, ofType, value } from './values.mjs';
import { keyValue } from './schema.mjs';

const reserved = new Set(['name', 'size']);
const plain = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Gathers names and values while expressions are written. `wrong` is the chance of each mistake. */
export class Expressions {
  constructor(chance, table, wrong) {
    this.chance = chance;
    this.table = table;
    this.wrong = wrong;
    this.names = {};
    this.values = {};
  }

  name(attribute) {
    const { chance } = this;
    const bare = plain.test(attribute) && !reserved.has(attribute);
    if (bare && chance.yes(0.7)) return attribute;
    if (chance.yes(this.wrong)) return attribute;
    const alias = `#${chance.pick(['n', 'x', '_', 'N1'])}${Object.keys(this.names).length}`;
    if (!chance.yes(this.wrong)) this.names[alias] = attribute;
    return alias;
  }

  attribute() {
    const { chance, table } = this;
    return chance.yes(0.15) ? chance.pick(Object.keys(table.types)) : chance.pick(attributeNames);
  }

  path() {
    const { chance } = this;
    let out = this.name(this.attribute());
    while (chance.yes(0.2)) {
      out += chance.yes(0.5) ? `[${chance.yes(this.wrong) ? chance.pick(['-1', 'a', '', '99999999999', '1.5']) : chance.int(0, 3)}]`
        : `.${this.name(chance.pick(['a', 'b', 'c', 'n', 'size', 'x.y']))}`;
    }
    return out;
  }

  value(content = value(this.chance, this.wrong / 2)) {
    const { chance } = this;
    const alias = `:${chance.pick(['v', 'x', '_', 'V1'])}${Object.keys(this.values).length}`;
    if (!chance.yes(this.wrong)) this.values[alias] = content;
    return alias;
  }

  operand() {
    const { chance } = this;
    return chance.weighted([[5, () => this.path()], [6, () => this.value()], [1, () => `size(${this.path()})`],
      [1, () => (chance.yes(this.wrong) ? chance.pick(['1', "'a'", 'if_not_exists(a, :v0)', 'size(:v0)', 'attribute_exists(a)']) : this.path())]])();
  }

  space() {
    return this.chance.weighted([[8, ' '], [1, '  '], [1, '\n'], [1, '\t']]);
  }

  /** Between operators that need no space. */
  gap() {
    return this.chance.yes(0.7) ? ' ' : '';
  }

  check() {
    const { chance } = this;
    const types = ['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'L', 'M'];
    return chance.weighted([
      [6, () => this.comparison()],
      [2, () => this.between(() => this.value())],
      [2, () => this.between(() => this.value(ofType(chance, 'N')))],
      [2, () => this.guarded((operand) => `${operand()} IN (${chance.times(1, 4, operand).join(`,${this.gap()}`)})`)],
      [2, () => `attribute_exists(${this.path()})`],
      [2, () => `attribute_not_exists(${this.path()})`],
      [2, () => `attribute_type(${this.path()}, ${this.value({ S: chance.yes(this.wrong) ? 'X' : chance.pick(types) })})`],
      [2, () => `begins_with(${this.path()}, ${this.value(ofType(chance, chance.yes(this.wrong) ? 'N' : chance.pick(['S', 'S', 'B'])))})`],
      [2, () => this.guarded((operand) => `contains(${this.path()}, ${operand()})`)],
      [1, () => (chance.yes(this.wrong) ? this.broken() : `attribute_exists(${this.path()})`)],
    ])();
  }

  comparison() {
    const { chance } = this;
    const operator = chance.pick(['=', '<>', '<', '<=', '>', '>=']);
    return this.guarded((operand) => `${operand()}${this.gap()}${operator}${this.gap()}${operand()}`);
  }

  between(bound) {
    const { chance } = this;
    const [low, high] = [bound(), bound()];
    const bounds = chance.yes(0.8) ? [low, high] : [high, low];
    return this.guarded((operand) => `${chance.yes(0.7) ? this.path() : operand()} BETWEEN ${bounds[0]} AND ${bounds[1]}`);
  }

  /**
   * Text with operands that all exist when they are compared. What DynamoDB makes of two missing
   * operands is not documented, and the witnesses crash on some.
   */
  guarded(make) {
    const paths = [];
    const operand = () => {
      const { chance } = this;
      if (chance.yes(0.45)) return this.value();
      if (chance.yes(this.wrong)) return this.operand();
      const path = this.path();
      paths.push(path);
      if (chance.yes(0.15)) {
        paths.push([path, chance.pick(['S', 'L', 'M', 'SS'])]);
        return `size(${path})`;
      }
      return path;
    };
    const text = make(operand);
    if (paths.length === 0) return text;
    const guards = paths.map((path) => (typeof path === 'string' ? `attribute_exists(${path})` : `attribute_type(${path[0]}, ${this.value({ S: path[1] })})`));
    return `(${[...guards, text].join(' AND ')})`;
  }

  broken() {
    const { chance } = this;
    return chance.pick([
      'attribute_exists(a, b)', 'attribute_exists()', 'foo(a)', 'begins_with(a)', 'contains(a)', 'size(a)', 'a', ':v0', 'a =', '= a', 'a = = b',
      'a AND', 'NOT', '()', 'a IN ()', 'a BETWEEN :v0', 'attribute_exists(:v0)', 'a = a', 'attribute_type(a, b)', '((a = :v0))', '(a = :v0',
      'a == :v0', 'a != :v0', 'a = :v0)', 'attribute_exists(a) attribute_exists(b)', 'size(a, b) > :v0', 'size(size(a)) > :v0', 'a..b = :v0',
      'a[0 = :v0', '#, = :v0', '# = :v0', ': = a', 'Attribute_Exists(a)', 'attribute_exists (a)', 'a between :v0 and :v0', 'a in (:v0)', 'not a = :v0',
      'a.b.c.d[1][2].e = :v0', 'begins_with(:v0, :v0)', 'contains(:v0, :v0)', 'a < a', 'a.b = a.b', ':v0 = :v0', ':v0 < :v0', 'a <> a',
      'list_append(a, b) = :v0', 'a + b = :v0', '_a = :v0', 'a_1 = :v0', '1a = :v0', 'a-b = :v0', 'ü = :v0', 'select = :v0', 'a, b', '$', '"a" = :v0',
      'begins_with(a, b)', 'size(a) = size(a)', 'attribute_type(a, :v0)', 'a = :v0 AND ((b = :v0) OR (c = :v0))', '((a = :v0) AND (b = :v0))',
    ]);
  }

  condition(depth = 0) {
    const { chance } = this;
    if (depth > 3 || chance.yes(0.5)) return this.check();
    const both = (word) => `${this.condition(depth + 1)}${this.space()}${word}${this.space()}${this.condition(depth + 1)}`;
    return chance.weighted([
      [3, () => both(chance.yes(0.8) ? 'AND' : 'and')],
      [3, () => both(chance.yes(0.8) ? 'OR' : 'Or')],
      [2, () => `NOT ${this.condition(depth + 1)}`],
      [2, () => `(${this.gap()}${this.condition(depth + 1)}${this.gap()})`],
      [1, () => `(${both('AND')})${this.space()}OR${this.space()}(${both('OR')})`],
    ])();
  }

  setValue(depth = 0) {
    const { chance } = this;
    return chance.weighted([
      [5, () => this.value()],
      [2, () => this.path()],
      [2, () => `if_not_exists(${this.path()}, ${this.setValue(depth + 1)})`],
      [2, () => `list_append(${this.listOperand()}, ${this.listOperand()})`],
      [depth === 0 ? 3 : 0, () => `${this.numberOperand()}${this.gap()}${chance.pick(['+', '-'])}${this.gap()}${this.numberOperand()}`],
      [1, () => (chance.yes(this.wrong) ? chance.pick(['size(a)', 'a + b + c', '(a)', 'if_not_exists(a)', 'list_append(a)', 'foo(a, b)', '', 'if_not_exists(:v0, a)', '-a', '1']) : this.value())],
    ])();
  }

  numberOperand() {
    const { chance } = this;
    return chance.weighted([[3, () => this.name('n')], [3, () => this.value(ofType(chance, chance.yes(this.wrong) ? 'S' : 'N', this.wrong / 2))],
      [1, () => this.path()], [2, () => `if_not_exists(${this.name('n')}, ${this.value(ofType(chance, 'N'))})`]])();
  }

  listOperand() {
    const { chance } = this;
    return chance.weighted([[3, () => this.name('l')], [3, () => this.value(ofType(chance, chance.yes(this.wrong) ? 'S' : 'L'))],
      [1, () => this.path()], [2, () => `if_not_exists(${this.name('l')}, ${this.value(ofType(chance, 'L'))})`]])();
  }

  update() {
    const { chance } = this;
    const list = (make) => chance.times(1, 3, make).join(`,${this.gap()}`);
    const clauses = chance.some([
      () => `${chance.yes(0.9) ? 'SET' : 'set'} ${list(() => `${this.path()}${this.gap()}=${this.gap()}${this.setValue()}`)}`,
      () => `SET ${list(() => `${this.path()} = ${this.setValue()}`)}`,
      () => `REMOVE ${list(() => this.path())}`,
      () => `ADD ${list(() => this.addition())}`,
      () => `DELETE ${list(() => this.deletion())}`,
    ], 1, 3);
    if (chance.yes(this.wrong)) {
      return chance.pick(['', ' ', 'SET', 'REMOVE', 'ADD a', 'DELETE a', 'SET a', 'SET a = :v0,', 'SET a = :v0 SET b = :v0', 'REMOVE a REMOVE b', 'FOO a',
        'SET a :v0', 'ADD a b', 'DELETE a b', 'ADD a :v0, a :v0', 'SET a = :v0, a = :v0', 'SET a = :v0, a.b = :v0', 'SET a[0] = :v0, a.b = :v0',
        'REMOVE a, a[1]', 'SET a.b = :v0 REMOVE a.b', 'REMOVE a[0], a[1]', 'SET pk = :v0', 'REMOVE pk', 'SET a = b.c', 'SET select = :v0', 'SET a = :v0 b = :v0',
        'SET a = a', 'SET a[0] = :v0, a[0] = :v0', 'ADD a.b :v0', 'SET size = :v0', 'SET a = (:v0)', 'SET a += :v0', 'REMOVE :v0', 'SET :v0 = a', 'ADD :v0 a']);
    }
    return clauses.map((make) => make()).join(this.space());
  }

  addition() {
    const { chance } = this;
    const type = chance.yes(this.wrong) ? chance.pick(['S', 'L', 'M', 'BOOL', 'NULL', 'B']) : chance.pick(['N', 'N', 'SS', 'NS', 'BS']);
    const fit = { N: 'n', SS: 'ss', NS: 'ns' }[type];
    const path = fit && chance.yes(0.6) ? this.name(fit) : this.path();
    return `${path} ${this.value(ofType(chance, type, this.wrong / 2))}`;
  }

  deletion() {
    const { chance } = this;
    const type = chance.yes(this.wrong) ? chance.pick(['S', 'N', 'L', 'M']) : chance.pick(['SS', 'NS', 'BS']);
    const fit = { SS: 'ss', NS: 'ns' }[type];
    const path = fit && chance.yes(0.6) ? this.name(fit) : this.path();
    return `${path} ${this.value(ofType(chance, type, this.wrong / 2))}`;
  }

  projection() {
    const { chance } = this;
    if (chance.yes(this.wrong)) {
      return chance.pick(['', ' ', 'a,', ',a', 'a b', 'a, a', 'a, a.b', 'a[0], a.b', 'a[0], a[0]', 'a.b, a.b.c', ':v', 'size(a)', 'select', 'a..b', 'a[', 'a[x]', '#zz', '*', 'a = b', 'a.b, a.c, a[1]']);
    }
    return chance.times(1, 4, () => this.path()).join(`,${this.gap()}`);
  }

  /** A key condition for the table or index. */
  keyCondition(index) {
    const { chance, table } = this;
    const hash = index ? index.hash : table.hash;
    const range = index ? index.range : table.range;
    const wrong = chance.yes(this.wrong) ? 1 : 0;
    const of = (attribute) => this.value(keyValue(chance, table.types[attribute], wrong && chance.yes(0.5) ? 1 : 0));
    let out = wrong && chance.yes(0.3) ? this.check() : `${this.name(hash)}${this.gap()}=${this.gap()}${of(hash)}`;
    if (wrong && chance.yes(0.2)) out = `${of(hash)} = ${this.name(hash)}`;
    const sort = range ?? (wrong && chance.yes(0.3) ? 'a' : undefined);
    if (!sort || !chance.yes(0.6)) return wrong && chance.yes(0.2) ? `(${out})` : out;
    const type = table.types[sort] ?? 'S';
    const bound = () => this.value(keyValue(chance, type, wrong && chance.yes(0.3) ? 1 : 0));
    let second = chance.weighted([
      [5, () => `${this.name(sort)} ${chance.pick(['=', '<', '<=', '>', '>='])} ${bound()}`],
      [2, () => `${this.name(sort)} BETWEEN ${bound()} AND ${bound()}`],
      [type === 'N' ? wrong : 2, () => `begins_with(${this.name(sort)}, ${bound()})`],
    ])();
    if (wrong && chance.yes(0.4)) {
      second = chance.pick([`${this.name(sort)} <> ${bound()}`, `${this.name(sort)} IN (${bound()})`, `NOT ${second}`, `attribute_exists(${this.name(sort)})`,
        `contains(${this.name(sort)}, ${bound()})`, `${bound()} < ${this.name(sort)}`, `size(${this.name(sort)}) = ${bound()}`, `${this.name(sort)}.a = ${bound()}`,
        `${this.name(sort)} = ${this.name(hash)}`, `${this.name(sort)} BETWEEN ${bound()} AND ${this.name(hash)}`, `${second} AND a = ${bound()}`, `begins_with(${bound()}, ${this.name(sort)})`]);
    }
    if (chance.yes(0.2)) second = `(${second})`;
    const word = wrong && chance.yes(0.1) ? 'OR' : chance.yes(0.9) ? 'AND' : 'and';
    return chance.yes(0.8) ? `${out} ${word} ${second}` : `${second} ${word} ${out}`;
  }

  /** The parameters that go beside the expressions. */
  parameters() {
    const { chance } = this;
    if (chance.yes(this.wrong)) this.names[chance.pick(['#unused', '#u2', 'bad', '#', '#a b', '#ü'])] = chance.pick(['a', '', 'pk', 'x'.repeat(300)]);
    if (chance.yes(this.wrong)) this.values[chance.pick([':unused', ':u2', 'bad', ':', ':a b'])] = value(chance, 0.2);
    const out = {};
    if (Object.keys(this.names).length || chance.yes(this.wrong / 2)) out.ExpressionAttributeNames = this.names;
    if (Object.keys(this.values).length || chance.yes(this.wrong / 2)) out.ExpressionAttributeValues = this.values;
    return out;
  }
}
