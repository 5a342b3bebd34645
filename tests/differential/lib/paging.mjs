// Whole walks through an index, page by page. Which items share a page is nobody's promise (ties have
// no order), but that the pages together hold each item once is, and that a query's come in order.

const pagesMost = 400;

/** One answer for all pages: the items of a scan in any order, those of a query by their sort keys. */
async function walk(server, { target, body, sortKey }) {
  const items = [];
  let start;
  for (let page = 0; page < pagesMost; page++) {
    const answer = await server.send({ target, body: { ...body, ...(start ? { ExclusiveStartKey: start } : {}) } });
    if (answer.status !== 200) return answer;
    items.push(...answer.body.Items);
    start = answer.body.LastEvaluatedKey;
    if (!start) {
      const order = target === 'Query' && sortKey ? items.map((item) => item[sortKey]) : [];
      return { status: 200, type: answer.type, body: { order, all: canonicalItems(items), count: items.length } };
    }
  }
  return { status: 200, type: 'none', body: { message: `no end after ${pagesMost} pages` } };
}

const sortedDeep = (value, name) => {
  if (Array.isArray(value)) {
    const list = value.map((entry) => sortedDeep(entry));
    return /^[SNB]S$/.test(name) ? list.sort() : list;
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sortedDeep(value[key], key)]));
};

/** Items as texts, in an order of their own. */
export const canonicalItems = (items) => items.map((item) => JSON.stringify(sortedDeep(item))).sort();

/** The answer to a request, or to the whole walk that it stands for (`walk: true`). */
export const ask = (server, request) => (request.walk ? walk(server, request) : server.send(request));
