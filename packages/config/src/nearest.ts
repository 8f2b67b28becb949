// Finds what the operator probably meant: the nearest of the words that exist, by edit distance.

/** The candidate that differs least from `word`, or undefined when none is closer than half of the longer word.
 *  Distance counts insertions, deletions, replacements and swapped neighbours; an abbreviation of three letters or more
 *  counts as one mistake. The first of equals wins. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = distanceBetween(word.toLowerCase(), candidate.toLowerCase());
    if (distance !== undefined && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** Undefined when the words have nothing to do with each other. */
function distanceBetween(word: string, candidate: string): number | undefined {
  if (word.length >= 3 && candidate.startsWith(word)) return word === candidate ? 0 : 1;
  const most = Math.max(word.length, candidate.length) / 2;
  if (Math.abs(word.length - candidate.length) > most) return undefined;
  const distance = editDistance(word, candidate);
  return distance <= most ? distance : undefined;
}

/** Optimal string alignment distance, three rows at a time. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (beforePrevious[j - 2] ?? 0) + 1);
      current.push(least);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
