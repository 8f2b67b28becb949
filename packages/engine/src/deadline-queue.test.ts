import { describe, expect, test } from '@jest/globals';
import { DeadlineQueue } from './deadline-queue.js';

/** Numbers that look random and are always the same. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

describe('the queue of deadlines', () => {
  test('knows the earliest deadline, and who is due in the order of arrival', () => {
    const queue = new DeadlineQueue<string>();
    queue.set('c', 30);
    queue.set('a', 20);
    queue.set('b', 10);
    expect(queue.first).toBe(10);
    expect(queue.due(25)).toEqual(['a', 'b']);
    expect(queue.due(9)).toEqual([]);
  });

  test('forgets who waits for nothing, and who is deleted', () => {
    const queue = new DeadlineQueue<string>();
    queue.set('a', 10);
    queue.set('b', 20);
    queue.set('a', undefined);
    expect(queue.first).toBe(20);
    queue.delete('b');
    queue.delete('nobody');
    expect(queue.first).toBeUndefined();
    expect(queue.due(100)).toEqual([]);
  });

  test('agrees with a plain list whatever is set, moved and deleted', () => {
    const random = numbers(7);
    const next = (limit: number): number => random.next().value % limit;
    const queue = new DeadlineQueue<number>();
    const plain = new Map<number, number>();
    for (let step = 0; step < 20_000; step += 1) {
      const item = next(60);
      const kind = next(10);
      if (kind === 0) {
        queue.delete(item);
        plain.delete(item);
      } else if (kind === 1) {
        queue.set(item, undefined);
        plain.delete(item);
      } else {
        const at = next(1000);
        queue.set(item, at);
        plain.set(item, at);
      }
      const now = next(1000);
      const due = [...plain].filter(([, at]) => at <= now).map(([each]) => each);
      expect(queue.first).toBe(plain.size === 0 ? undefined : Math.min(...plain.values()));
      expect(new Set(queue.due(now))).toEqual(new Set(due));
    }
  });
});
