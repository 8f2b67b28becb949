// The vocabulary of the protocol rules: where implementations and RFCs disagree.

import { record, withDefault } from './collections.js';
import { choice, truth } from './plain-values.js';

/** How one router decides where implementations and RFCs disagree. */
export const rules = record({
  losing_advert: withDefault(
    choice(['auto', 'answer', 'discard']), 'auto',
    'What a master says to an advertisement that loses: answer it at once (RFC 9568, keepalived) or discard it '
    + '(RFC 3768, RFC 5798); auto does as the RFC of the version says',
  ),
  yielding_advert: withDefault(
    choice(['send', 'silent']), 'send',
    'What a master says as it yields to a better one: one last advertisement, so that the better one learns of it and '
    + 'announces its addresses again, or nothing (RFC 9568 section 6.4.3)',
  ),
  vrid_collision: withDefault(
    choice(['ignore', 'process']), 'ignore',
    'What to do with an advertisement that has this VRID and none of these addresses: ignore it as a stranger, or '
    + 'process it (RFC 9568 section 7.1)',
  ),
  tolerate_missing_link_local: withDefault(
    truth, false, 'Accept an IPv6 list that does not begin with a link-local address, such as FRR sends',
  ),
});
