// Runs before the tests of a jest run: whoever compiled by hand must not test the programs of before.
export { refreshPrograms as default } from './setup/bundle.mjs';
