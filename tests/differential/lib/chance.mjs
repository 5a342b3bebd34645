// Seeded chance. The same seed gives the same requests on every machine.

export class Chance {
  constructor(seed) {
    this.a = seed >>> 0;
    this.b = 0x9e3779b9;
    this.c = (seed ^ 0x51ed270b) >>> 0;
    this.d = 1;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 32 random bits (sfc32). */
  next() {
    const t = (((this.a + this.b) >>> 0) + this.d) >>> 0;
    this.d = (this.d + 1) >>> 0;
    this.a = (this.b ^ (this.b >>> 9)) >>> 0;
    this.b = (this.c + (this.c << 3)) >>> 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) >>> 0;
    this.c = (this.c + t) >>> 0;
    return t;
  }

  /** A whole number from `least` to `most`, both included. */
  int(least, most) {
    return least + (this.next() % (most - least + 1));
  }

  yes(probability) {
    return this.next() / 0x100000000 < probability;
  }

  pick(list) {
    return list[this.next() % list.length];
  }

  /** `weighted([[3, a], [1, b]])` gives a three times as often as b. */
  weighted(pairs) {
    let left = this.next() % pairs.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, choice] of pairs) {
      if (left < weight) return choice;
      left -= weight;
    }
    return pairs[0][1];
  }

  times(least, most, make) {
    return Array.from({ length: this.int(least, most) }, (_, i) => make(i));
  }

  /** Some of the list, in random order. */
  some(list, least, most) {
    const rest = [...list];
    const out = [];
    const count = Math.min(this.int(least, most), rest.length);
    while (out.length < count) out.push(...rest.splice(this.next() % rest.length, 1));
    return out;
  }
}
