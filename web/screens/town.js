// 町内会: who one is here, which desks one works at, and the way to phones and settings.

import { date } from "../clock.js";
import { element } from "../element.js";
import { heading, pageBar, tabs } from "../parts/bars.js";
import { icon } from "../parts/icons.js";
import { text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "town",
  tells: ["desk", "outbox", "home"],
  remembers: true,

  async load({ call, person }) {
    const given = { person: person.id };
    const [home, desks] = await Promise.all([call("home", given), call("desks", given)]);
    return { consent: home.consent, can_check_in: home.can_check_in, team: home.team, desks };
  },

  draw(here, { consent, can_check_in: lives, desks }) {
    const { me, person } = here;
    const commissioner = person.roles.some(({ kind }) => kind === "commissioner");
    return {
      title: word("common.tab_town"),
      bar: pageBar(text(person.association ?? me.district)),
      body: [
        element("section", { class: "sheet stack tight", "data-key": "me" }, element("h2", {}, word("common.honorific", { name: person.name })), person.household && element("p", { class: "note" }, word("town.home", { name: person.household })), person.roles.map(role)),
        desks.length > 0 && [heading(word("town.desks")), rows(desks.map((desk) => deskRow(desk)))],
        heading(word("town.mine")),
        rows([
          row("phone", word("phones.title"), "#/phones", "phones"),
          row("waiting", word("outbox.title"), "#/outbox", "outbox"),
          row("settings", word("town.settings"), "#/settings", "settings"),
          row("beginner", word("practice.title"), me.practice ? "#/practice" : "?phone=practice#/practice", "practice"),
        ]),
        lives && consentLine(here, consent),
        element("p", { class: "note", "data-key": "119" }, text(word("common.not_119"))),
      ],
      foot: tabs("town", commissioner),
    };
  },
};

const rows = (lines) => element("ul", { class: "sheet flush rows" }, lines);

const row = (picture, words, href, act, more) =>
  element("li", { "data-key": `row-${act}` }, element("a", { class: "row", href, "data-act": `open-${act}` }, icon(picture), element("span", { class: "grow" }, words, more && element("span", { class: "note" }, more)), icon("forward")));

function deskRow({ group, name, kind }) {
  if (kind === "team") return row("talk", name, "#/talks", "talks", word("commissioner.title"));
  return row("board", name, `#/desk/${group}`, `desk-${group}`, word(`terms.group_kind.${kind}`));
}

function role({ kind, group_name: where, until }) {
  const words = word("town.role", { role: word(`terms.role_kind.${kind}`), group: where });
  return element("p", {}, text(words), until && element("span", { class: "note" }, " ", text(word("town.until", { date: date(until) }))));
}

/** What one agreed to can be taken back at any time. */
function consentLine(here, consent) {
  const change = (agree) => () => here.act(async () => {
    await here.call("consent", { person: here.person.id, moods_to_team: agree });
    if (!agree) here.say(word("home.consent_ended"));
  });
  return element(
    "section",
    { class: "sheet stack tight", "data-key": "consent" },
    element("h2", {}, word("town.consent")),
    element("p", { class: "note" }, text(word(consent ? "town.consent_given" : "town.consent_not_given"))),
    element("button", { class: "small", type: "button", id: "consent-change", "data-act": consent ? "consent-end" : "consent-give", onclick: change(!consent) }, word(consent ? "home.consent_end" : "home.consent_yes")),
  );
}
