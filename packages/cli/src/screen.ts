// Redraws text in place on a terminal without flicker: one write that overwrites line by line and clears what is left.
// On anything that is no terminal the texts are written one after the other.

import type { WriteStream } from 'node:tty';

const HOME = '\u001B[H';
const CLEAR_TO_END_OF_LINE = '\u001B[K';
const CLEAR_TO_END_OF_SCREEN = '\u001B[J';
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
const CUT_LONG_LINES = '\u001B[?7l';
const WRAP_LONG_LINES = '\u001B[?7h';

/** A terminal that shows one text at a time. */
export class Screen {
  readonly #stream: Pick<WriteStream, 'write' | 'rows'> & { readonly isTTY?: boolean };

  constructor(stream: Pick<WriteStream, 'write' | 'rows'> & { readonly isTTY?: boolean }) {
    this.#stream = stream;
  }

  open(): void {
    if (this.#stream.isTTY === true) this.#stream.write(HIDE_CURSOR + CUT_LONG_LINES + HOME + CLEAR_TO_END_OF_SCREEN);
  }

  /** Shows these lines instead of the ones before; what does not fit on the screen is left out. */
  draw(lines: readonly string[]): void {
    if (this.#stream.isTTY !== true) {
      this.#stream.write(`${lines.join('\n')}\n\n`);
      return;
    }
    // A terminal that does not know its size says 0.
    const fitting = this.#stream.rows > 1 ? lines.slice(0, this.#stream.rows - 1) : lines;
    const text = fitting.map((line) => `${line}${CLEAR_TO_END_OF_LINE}\n`).join('');
    this.#stream.write(HOME + text + CLEAR_TO_END_OF_SCREEN);
  }

  close(): void {
    if (this.#stream.isTTY === true) this.#stream.write(SHOW_CURSOR + WRAP_LONG_LINES);
  }
}
