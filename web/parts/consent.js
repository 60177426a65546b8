// Asked once, before the first mood: to whom it goes.

import { element } from "../element.js";
import { note, text } from "../text.js";
import { word } from "../word.js";

/** 「体調を民生委員に伝えてよいですか」. */
export function consentQuestion({ team }, { yes, no }) {
  return element(
    "section",
    { class: "sheet stack", "data-key": "consent", "aria-label": word("home.consent_title") },
    element("h2", { class: "question" }, text(word("home.consent_title"))),
    element("p", {}, note(word("home.consent_text", { team: team ?? word("terms.role_kind.commissioner") }))),
    element("button", { type: "button", class: "filled wide", id: "consent-yes", "data-act": "consent-yes", onclick: yes }, word("home.consent_yes")),
    element("button", { type: "button", class: "wide", id: "consent-no", "data-act": "consent-no", onclick: no }, word("home.consent_no")),
  );
}
