// Requests broken below the level of their meaning: members of other kinds, missing and unknown
// members, texts that are no JSON, wrong targets and methods.

const strange = [null, true, false, 0, 1, -1, 1.5, 1e20, '', 'x', 'true', [], [null], ['x'], [1], {}, { x: 1 }, { S: 'a' }, [[]], [{}], { a: null }];

/** Every place in the body: an object or list and the name or position in it. */
function places(body, out = [], depth = 0) {
  if (body === null || typeof body !== 'object' || depth > 6) return out;
  for (const name of Object.keys(body)) {
    out.push([body, name]);
    places(body[name], out, depth + 1);
  }
  return out;
}

function change(chance, body) {
  const all = places(body);
  if (all.length === 0) return;
  // The upper levels hold the members with rules of their own.
  const [owner, name] = chance.yes(0.4) ? [body, chance.pick(Object.keys(body))] : chance.pick(all);
  chance.weighted([
    [2, () => { if (Array.isArray(owner)) owner.splice(Number(name), 1); else delete owner[name]; }],
    [5, () => { owner[name] = structuredClone(chance.pick(strange)); }],
    [1, () => { if (!Array.isArray(owner)) owner[chance.pick(['Unknown', 'x', 'Limit', 'Select', 'ReturnValues'])] = structuredClone(chance.pick(strange)); }],
    [1, () => { owner[name] = [owner[name]]; }],
    [1, () => { owner[name] = { [chance.pick(['S', 'x', 'M'])]: owner[name] }; }],
  ])();
}

/** The request with some of its members broken. */
export function broken(chance, request) {
  const body = structuredClone(request.body);
  for (let i = chance.weighted([[12, 1], [1, 2], [1, 4]]); i > 0; i--) change(chance, body);
  return { ...request, body, malformed: true };
}

/** The request as bytes that are wrong before any member is looked at. */
export function mangled(chance, request) {
  const text = JSON.stringify(request.body);
  const at = chance.int(0, Math.max(0, text.length - 1));
  return chance.weighted([
    [3, () => ({ ...request, text: text.slice(0, at) })],
    [2, () => ({ ...request, text: text.slice(0, at) + chance.pick([...'{}[]",:x0 \\']) + text.slice(at) })],
    [1, () => ({ ...request, text: text.slice(0, at) + text.slice(at + 1) })],
    [1, () => ({ ...request, text: chance.pick(['', ' ', 'null', '[]', '""', '1', 'true', '{', '{}', '{"a"}', "{'a':1}", 'undefined', '{"TableName":"a",}', '{}{}', '\ufeff{}']) })],
    [2, () => ({ ...request, target: chance.pick(['', 'Nothing', 'putItem', 'PutItem ', 'DynamoDB_20120810.PutItem', 'Put.Item']) })],
    [1, () => ({ ...request, rawTarget: chance.pick(['PutItem', 'DynamoDB_20120810', 'DynamoDB_20110810.PutItem', '.', 'DynamoDB_20120810.PutItem.x', '']) })],
    [1, () => ({ ...request, contentType: chance.pick(['application/json', 'text/plain', '', 'application/x-amz-json-1.0; charset=utf-8', 'APPLICATION/JSON', 'application/x-www-form-urlencoded']) })],
    [1, () => ({ ...request, method: chance.pick(['PUT', 'DELETE', 'GET', 'PATCH']) })],
  ])();
}
