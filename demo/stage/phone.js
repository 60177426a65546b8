// The left side: whose phone it is, its network, and the phone itself.

import { element } from "/web/element.js";
import { icon } from "/web/parts/icons.js";
import { note, text } from "/web/text.js";
import { word } from "/web/word.js";
import { asQuery } from "./look.js";

/** What a phone is called on its chip. */
const SHORT = {
  resident: ({ person_name: name }) => word("common.honorific", { name }),
  commissioner: () => word("terms.role_kind.commissioner"),
  practice: () => word("practice.title"),
  new: () => word("stage.phone_new"),
};

/** And as a whole. */
const CALLED = {
  resident: ({ person_name: name }) => word("stage.phone_of", { name }),
  commissioner: ({ person_name: name }) => word("stage.commissioner_of", { name }),
  practice: () => word("practice.title"),
  new: () => word("stage.phone_new"),
};

/** Which phone lies on the left. */
export function chooser({ phones, phone }, actions) {
  const chip = (line) => element("button", { class: line.name === phone ? "chip on" : "chip", type: "button", "aria-pressed": line.name === phone ? "true" : "false", id: `phone-${line.name}`, "data-act": `phone-${line.name}`, onclick: () => actions.phone(line.name) }, SHORT[line.kind](line));
  return [
    element("h2", { id: "phone-title", class: "heard" }, word("stage.choose_phone")),
    element("div", { class: "chips", role: "group", "aria-label": word("stage.choose_phone"), "data-key": "chooser" }, phones.filter(({ kind }) => kind in CALLED).map(chip)),
  ];
}

/** 「電波を切る」, on the phone itself. */
function networkSwitch({ network: { cut }, phone }, actions) {
  return element(
    "div",
    { class: cut ? "network cut" : "network", "data-key": "network" },
    element("button", { class: "small", type: "button", id: "cut", "data-act": cut ? "restore" : "cut", "aria-pressed": cut ? "true" : "false", disabled: phone === "practice", onclick: () => actions.cut(!cut) }, icon(cut ? "waves" : "cut"), word(cut ? "stage.restore" : "stage.cut")),
    element("p", { role: "status" }, cut && word("stage.cut_now")),
  );
}

/** What the switch does, and how much this phone sent. */
export const networkNote = ({ network: { cut, requests } }) => element("p", { class: "note", "data-key": "network-note" }, note(word(cut ? "stage.restore_does" : "stage.cut_does")), requests !== undefined && element("span", { class: "requests", id: "requests" }, text(word("stage.requests", { count: requests }))));

/** The phone's screen. */
export function frame(state, actions) {
  const { phone, phones } = state;
  const line = phones.find(({ name }) => name === phone);
  const title = line ? CALLED[line.kind](line) : word("stage.choose_phone");
  // Its look is told to it; only another phone is another page.
  return element("div", { class: "device", "data-key": `device-${phone}` }, networkSwitch(state, actions), element("iframe", { id: "phone", title, src: framed(phone, `/web/?phone=${phone}`) }));
}

const addresses = new Map();

/** The address a frame was opened with stays, or it would load anew. */
export function framed(name, address) {
  if (!addresses.has(name)) addresses.set(name, address + asQuery());
  return addresses.get(name);
}

/** The sheet a new phone joins by. */
export function invitationPaper({ home, link, address, check, secret }) {
  const row = (number, words, value) => element("div", {}, element("dt", {}, `${number} `, words), element("dd", {}, value));
  return element(
    "section",
    { class: "paper-sheet", "data-key": "paper", id: "paper" },
    element("h3", {}, note(word("join.who_home", { name: home }))),
    element("dl", {}, row(1, word("join.address"), address), row(2, word("join.check"), check), row(3, word("join.secret"), secret)),
    element("p", { class: "note link-text" }, word("stage.link"), " ", element("span", { id: "invite-link" }, link)),
  );
}
