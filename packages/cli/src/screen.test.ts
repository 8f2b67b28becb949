import { describe, expect, test } from '@jest/globals';
import { Screen } from './screen.js';

/** A stream that keeps each write. */
class RecordedStream {
  readonly writes: string[] = [];
  readonly rows: number;
  readonly isTTY: boolean;

  constructor(isTTY: boolean, rows = 4) {
    this.isTTY = isTTY;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.writes.push(text);
    return true;
  }
}

describe('a screen', () => {
  test('on a terminal is redrawn in one write, without clearing it first', () => {
    const stream = new RecordedStream(true);
    const screen = new Screen(stream);
    screen.draw(['a', 'b']);
    expect(stream.writes).toEqual(['\u001B[Ha\u001B[K\nb\u001B[K\n\u001B[J']);
  });

  test('on a terminal shows no more lines than fit, so that it does not scroll', () => {
    const stream = new RecordedStream(true);
    new Screen(stream).draw(['a', 'b', 'c', 'd', 'e']);
    expect(stream.writes).toEqual(['\u001B[Ha\u001B[K\nb\u001B[K\nc\u001B[K\n\u001B[J']);
  });

  test('on a terminal of unknown size shows everything', () => {
    const stream = new RecordedStream(true, 0);
    new Screen(stream).draw(['a', 'b']);
    expect(stream.writes).toEqual(['\u001B[Ha\u001B[K\nb\u001B[K\n\u001B[J']);
  });

  test('on a terminal gives back the cursor and the wrapping of lines', () => {
    const stream = new RecordedStream(true);
    const screen = new Screen(stream);
    screen.open();
    screen.close();
    expect(stream.writes).toEqual(['\u001B[?25l\u001B[?7l\u001B[H\u001B[J', '\u001B[?25h\u001B[?7h']);
  });

  test('elsewhere writes only the text, each followed by an empty line', () => {
    const stream = new RecordedStream(false);
    const screen = new Screen(stream);
    screen.open();
    screen.draw(['a', 'b', 'c', 'd', 'e']);
    screen.draw(['f']);
    screen.close();
    expect(stream.writes).toEqual(['a\nb\nc\nd\ne\n\n', 'f\n\n']);
  });
});
