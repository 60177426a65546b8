// 世帯・参加: the homes of the desk by block, who waits to be let in, and an invitation for a home.

import { date, day, moment } from "../clock.js";
import { element } from "../element.js";
import { heading, pageBar } from "../parts/bars.js";
import { deskBar, deskPages } from "../parts/desk-frame.js";
import { icon } from "../parts/icons.js";
import { note, text } from "../text.js";
import { word } from "../word.js";
import { participation } from "./desk.js";

export default {
  name: "homes",
  tells: ["desk"],
  remembers: true,
  bar: () => pageBar(word("desk.tab_homes"), { back: "#/town" }),

  start: () => ({ invited: {} }),

  load: ({ call, place }) => call("desk", { group: place.parts[0] }),

  draw(here, desk) {
    return {
      title: word("desk.tab_homes"),
      bar: deskBar(here, desk, "homes"),
      body: [
        deskPages(here, desk.name.group, "homes"),
        participation(desk),
        desk.days.length > 0 && element("ul", { class: "sheet stack tight note", "data-key": "days" }, desk.days.slice(0, 7).map(closedDay)),
        desk.joins.length > 0 && [heading(text(word("desk.joins_title", { count: desk.joins.length }))), desk.joins.map((join) => waiting(here, join))],
        desk.rosters.map((block) => roster(here, block)),
      ],
    };
  },
};

function closedDay({ day: of, counts }) {
  const when = { date: day(of) };
  return element("li", { "data-key": of }, text(counts ? word("desk.day_counts", { ...when, ...counts }) : word("desk.day_hidden", when)));
}

function waiting(here, { id, name, persons, phone, digits, at }) {
  const answer = (admit) => () => here.act(() => here.call("approve", { person: here.person.id, join: id, admit }));
  return element(
    "section",
    { class: "sheet stack tight", "data-key": id },
    element("h3", {}, name, " ", element("span", { class: "note" }, persons.join(word("common.separator")))),
    element("p", { class: "note" }, `${phone}　${moment(at)}`),
    element("p", { class: "strong" }, text(word("desk.join_digits", { digits }))),
    element("div", { class: "side" }, element("button", { class: "filled plain", type: "button", "data-act": "admit", onclick: answer(true) }, word("desk.join_admit")), element("button", { class: "small", type: "button", "data-act": "turn-away", onclick: answer(false) }, word("desk.join_refuse"))),
  );
}

function roster(here, { id, name, homes }) {
  return element("details", { class: "sheet flush roster", "data-key": id }, element("summary", {}, element("strong", {}, text(name)), element("span", { class: "note" }, text(word("send.homes", { count: homes.length })))), element("ul", { class: "rows" }, homes.map((home) => line(here, home))));
}

function line(here, { id, name, paper, joined, waiting: pending, people }) {
  const invited = here.state.invited[id];
  const invite = () => here.act(async () => {
    here.state.invited[id] = await here.call("invite", { person: here.person.id, to: id, passed_on: false });
  });
  const serve = () => here.act(() => here.call("set_paper", { person: here.person.id, household: id, paper: !paper }));
  return element(
    "li",
    { "data-key": id, "data-home": id },
    element("div", { class: "grow" }, element("p", { class: "strong" }, name, " ", joined && element("span", { class: "tag" }, word("homes.joined")), paper && element("span", { class: "tag quiet" }, word("homes.paper")), pending && element("span", { class: "tag waiting" }, word("common.waiting"))), element("p", { class: "note" }, people.map((person) => person.name).join(word("common.separator")))),
    element("button", { class: "link", type: "button", "data-act": "set-paper", "aria-label": word("homes.of", { name, what: word(paper ? "homes.by_app" : "homes.on_paper") }), onclick: serve }, word(paper ? "homes.by_app" : "homes.on_paper")),
    element("button", { class: "link", type: "button", "data-act": "invite", "aria-label": word("homes.of", { name, what: word("homes.invite") }), onclick: invite }, word("homes.invite")),
    invited && invitation(invited),
  );
}

/** What is read out or typed; the sheet with its QR is printed at the machine. */
function invitation({ address, check, secret, until }) {
  const row = (words, value) => element("div", {}, element("dt", {}, words), element("dd", { class: "code" }, value));
  return element("div", { class: "invitation", role: "status" }, element("dl", {}, row(word("join.address"), address), row(word("join.check"), check), row(word("join.secret"), secret)), element("p", { class: "note" }, note(word("homes.invite_until", { date: date(until) }))));
}
