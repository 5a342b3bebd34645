// Makes a failure small: leaves out requests before it, then members of it, as long as the answers
// still differ in the same way.

import { comparable, gistOf } from './compare.mjs';
import { makeTableOnBoth } from './comparison.mjs';
import { ask } from './paging.mjs';

const attemptsMost = 250;

export async function shrink(failure, comparison) {
  const gist = gistOf(failure);
  let attempts = 0;

  async function differs(history, request) {
    if (++attempts > attemptsMost) return false;
    try {
      await makeTableOnBoth(comparison, failure.table.create);
      const both = (one) => Promise.all([ask(comparison.ours, one), ask(comparison.theirs, one)]);
      for (const one of history) await both(one);
      const [ours, theirs] = await both(request);
      if (comparable(ours, request.target) === comparable(theirs, request.target)) return false;
      return gistOf({ request, ours, theirs }) === gist;
    } catch {
      await comparison.theirs.restart();
      return false;
    }
  }

  let { history, request } = failure;
  if (!(await differs(history, request))) return { history, request, reproduced: false };
  if (await differs([], request)) history = [];
  for (let size = Math.ceil(history.length / 2); size >= 1 && history.length; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < history.length;) {
      const without = [...history.slice(0, at), ...history.slice(at + size)];
      if (await differs(without, request)) history = without;
      else at += size;
    }
  }
  if (request.text === undefined) {
    const body = structuredClone(request.body);
    await prune(body, () => differs(history, { ...request, body: structuredClone(body) }));
    request = { ...request, body };
  }
  return { history: [{ target: 'CreateTable', body: failure.table.create }, ...history], request, reproduced: true };
}

/** Deletes what can be deleted from the body while `still` holds. */
async function prune(node, still, depth = 0) {
  if (node === null || typeof node !== 'object' || depth > 4) return;
  for (const name of Object.keys(node).reverse()) {
    const kept = Array.isArray(node) ? [...node] : { ...node };
    if (Array.isArray(node)) node.splice(Number(name), 1);
    else delete node[name];
    if (await still()) continue;
    if (Array.isArray(node)) node.splice(0, node.length, ...kept);
    else Object.assign(node, kept);
    await prune(node[name], still, depth + 1);
  }
}
