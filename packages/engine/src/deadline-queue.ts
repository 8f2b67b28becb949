// Who wants to be woken when: the earliest first, in few steps however many there are. A binary heap in which each item
// knows its place, so that a deadline that moves, as a backup's does with every advertisement, leaves nothing behind.

import type { Instant } from '@baton/base';

interface Entry<Item> {
  readonly item: Item;
  /** Position in the order of arrival. */
  readonly rank: number;
  at: Instant;
  /** Position in the heap; -1 = not in it. */
  index: number;
}

/** Items with their next deadlines. */
export class DeadlineQueue<Item> {
  readonly #heap: Entry<Item>[] = [];
  readonly #entries = new Map<Item, Entry<Item>>();
  #ranks = 0;

  /** The earliest deadline of all. */
  get first(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Sets the deadline of an item, known or not; undefined = it waits for something else. */
  set(item: Item, at: Instant | undefined): void {
    const entry = this.#entries.get(item) ?? this.#welcome(item);
    if (at === undefined) {
      this.#take(entry);
    } else if (entry.index < 0) {
      entry.at = at;
      this.#rise(entry, this.#heap.length);
    } else if (at !== entry.at) {
      const later = at > entry.at;
      entry.at = at;
      if (later) this.#sink(entry, entry.index);
      else this.#rise(entry, entry.index);
    }
  }

  /** Forgets an item. */
  delete(item: Item): void {
    const entry = this.#entries.get(item);
    if (entry === undefined) return;
    this.#take(entry);
    this.#entries.delete(item);
  }

  /** Every item whose deadline has come, in the order in which the items arrived. */
  due(now: Instant): Item[] {
    const found: Entry<Item>[] = [];
    const visit = (index: number): void => {
      const entry = this.#heap[index];
      if (entry === undefined || entry.at > now) return;
      found.push(entry);
      visit(2 * index + 1);
      visit(2 * index + 2);
    };
    visit(0);
    return found.sort((a, b) => a.rank - b.rank).map(({ item }) => item);
  }

  #welcome(item: Item): Entry<Item> {
    const entry: Entry<Item> = { item, rank: this.#ranks, at: Infinity, index: -1 };
    this.#ranks += 1;
    this.#entries.set(item, entry);
    return entry;
  }

  #take(entry: Entry<Item>): void {
    const { index } = entry;
    if (index < 0) return;
    entry.index = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    // The last one fills the gap, and may belong above or below it.
    const parent = this.#heap[(index - 1) >> 1];
    if (index > 0 && parent !== undefined && parent.at > last.at) this.#rise(last, index);
    else this.#sink(last, index);
  }

  /** Puts an entry into the gap at `from`, or above it. */
  #rise(entry: Entry<Item>, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || parent.at <= entry.at) break;
      this.#place(parent, index);
      index = above;
    }
    this.#place(entry, index);
  }

  /** Puts an entry into the gap at `from`, or below it. */
  #sink(entry: Entry<Item>, from: number): void {
    let index = from;
    for (;;) {
      const child = this.#earlierChild(index);
      if (child === undefined || child.at >= entry.at) break;
      const below = child.index;
      this.#place(child, index);
      index = below;
    }
    this.#place(entry, index);
  }

  #earlierChild(index: number): Entry<Item> | undefined {
    const left = this.#heap[2 * index + 1];
    const right = this.#heap[2 * index + 2];
    return left !== undefined && right !== undefined && right.at < left.at ? right : left;
  }

  #place(entry: Entry<Item>, index: number): void {
    this.#heap[index] = entry;
    entry.index = index;
  }
}
