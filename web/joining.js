// What somebody has typed or scanned of an invitation so far. It is never kept: its holder may join.

/** The parts of the typed invitation, or the whole text of a scanned one. */
export const invitation = { address: "", check: "", secret: "", scanned: "" };

/** What the facade joins by. */
export const code = () => invitation.scanned || [invitation.address.trim(), invitation.check, invitation.secret].join(" ");

/** Begins anew. */
export const forget = () => Object.assign(invitation, { address: "", check: "", secret: "", scanned: "" });
