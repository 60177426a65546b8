// 送った回覧: what was sent, who has seen it, who has not, and which homes get paper. On a PC side by side.

import { date, moment } from "../clock.js";
import { element } from "../element.js";
import { heading, pageBar } from "../parts/bars.js";
import { deskBar, deskPages, wide } from "../parts/desk-frame.js";
import { figure, smallFigure, sparkline, spoken } from "../parts/figure.js";
import { icon } from "../parts/icons.js";
import { paperPanel, unreadPanel } from "../parts/not-yet.js";
import { legend, sealGrid } from "../parts/seal-grid.js";
import { note, text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "desk",
  tells: ["desk", "drafts", "outbox"],
  remembers: true,
  wide: () => wide(),
  bar: () => pageBar(word("desk.sent_title"), { back: "#/town" }),

  start: () => ({ recording: false, withdrawing: false }),

  async load({ call, person, place }) {
    const [given, asked] = place.parts;
    const group = given ?? (await call("desks", { person: person.id })).find(({ kind }) => kind !== "team")?.group;
    const [desk, drafts] = await Promise.all([call("desk", { group }), call("drafts", { person: person.id }).catch(() => [])]);
    const first = desk.sent.find(({ figure: known }) => known) ?? desk.sent.find(({ counts }) => counts);
    const shown = asked ?? (wide() ? first?.notice : undefined);
    const notice = shown && (await call("desk_notice", { group, notice: shown }));
    const mine = drafts.filter(({ draft }) => draft.from === group);
    return { desk, drafts: mine, notice, alone: asked !== undefined };
  },

  draw(here, { desk, drafts, notice, alone }) {
    const group = desk.name.group;
    const broad = wide();
    const list = element("section", { class: "column-sent stack", "data-key": "sent", "aria-label": word("desk.sent_title") }, element("a", { class: "button filled plain wide", href: `#/send/${group}`, id: "new-notice", "data-act": "new-notice" }, icon("plus"), word("send.new")), drafts.length > 0 && draftList(group, drafts), heading(word("desk.sent_title")), sentList(desk, notice));
    const followed = notice && [followUp(here, notice, group), notYet(here, notice, group)];
    const bar = deskBar(here, desk, "desk", alone && !broad ? `#/desk/${group}` : undefined);
    if (broad) return { title: word("desk.sent_title"), bar, body: [list, followed ?? element("p", { class: "empty" }, word("desk.empty"))] };
    if (alone) return { title: notice.line.title, bar, body: [here.view === "desk" && backLink(group), followed] };
    return { title: word("desk.sent_title"), bar, body: [deskPages(here, group, "desk"), participation(desk), list] };
  },
};

const backLink = (group) => element("a", { class: "link", href: `#/desk/${group}`, "data-key": "back" }, icon("back"), word("desk.sent_title"));

/** How many take part today. */
export function participation({ participation: today }) {
  return today && element("p", { class: "sheet participation", "data-key": "participation" }, icon("people"), element("span", {}, text(word("desk.participation", { agreed: today.agreed, said: today.said }))));
}

function draftList(group, drafts) {
  const row = ({ id, draft, saved_at: at }) => element("li", { "data-key": id }, element("a", { class: "row", href: `#/send/${group}?draft=${id}`, "data-act": "open-draft" }, icon("pen"), element("span", { class: "grow" }, draft.title || word("send.untitled"), element("span", { class: "note" }, at && moment(at))), icon("forward")));
  return [heading(word("send.drafts")), element("ul", { class: "sheet flush rows" }, drafts.map(row))];
}

function sentList({ name, sent }, shown) {
  if (sent.length === 0) return element("p", { class: "empty" }, word("desk.empty"));
  const row = (line) => {
    const now = line.notice === shown?.line.notice;
    return element(
      "li",
      { "data-key": line.notice },
      element(
        "a",
        { class: now ? "sent-line now" : "sent-line", href: `#/desk/${name.group}/${line.notice}`, "data-act": "open-sent", "aria-current": now ? "true" : null },
        element("span", { class: "grow" }, element("strong", { class: "title" }, text(line.title)), element("span", { class: "note" }, text(line.figure ? word("desk.line_note", { date: date(line.at), homes: line.figure.households }) : date(line.at))), state(line)),
        line.figure && sparkline(line.figure.trend),
      ),
    );
  };
  return element("ul", { class: "sheet flush sent-list", "data-key": "sent-list" }, sent.map(row));
}

function state(line) {
  if (line.state !== "published") return element("span", { class: "tag quiet" }, word(`desk.sent_state.${line.state}`));
  return line.kind === "circular" || line.figure ? smallFigure(line.figure) : element("span", { class: "note" }, word(`terms.notice_kind.${line.kind}`));
}

function followUp(here, notice, group) {
  const { line, blocks } = notice;
  const { figure: known } = line;
  return element(
    "section",
    { class: "sheet column-seals", "data-key": `follow-${line.notice}`, "aria-labelledby": "followed" },
    element(
      "div",
      { class: "follow-head" },
      element("div", {}, element("h2", { id: "followed" }, text(line.title)), element("p", { class: "note" }, note(`${word("desk.sent_on", { date: date(line.at) })}　${known ? word("desk.of_homes", { homes: known.households, count: known.acknowledged }) : ""}`))),
      line.state === "published" ? (line.kind === "notice" ? element("span", { class: "note" }, word("terms.notice_kind.notice")) : figure(known)) : element("span", { class: "tag quiet" }, word(`desk.sent_state.${line.state}`)),
    ),
    known && element("p", { class: "heard", role: "status" }, spoken(known)),
    legend(notice),
    sealGrid(blocks, 0),
    line.own && line.state !== "withdrawn" && withdrawal(here, line, group),
  );
}

const notYet = (here, notice, group) => element("div", { class: "column-not-yet stack", "data-key": `not-yet-${notice.line.notice}` }, unreadPanel(notice), paperPanel(here, notice, group));

function withdrawal(here, line, group) {
  const ask = (asking) => () => {
    here.state.withdrawing = asking;
    here.redraw();
  };
  if (!here.state.withdrawing) return element("div", { class: "follow-foot" }, element("a", { class: "link", href: `#/correct/${group}/${line.notice}`, "data-act": "correct" }, word("desk.correct")), " ", element("button", { class: "link", type: "button", "data-act": "withdraw", onclick: ask(true) }, word("desk.withdraw")));
  const send = (event) => {
    event.preventDefault();
    const reason = document.getElementById("reason").value.trim();
    here.act(async () => {
      await here.call("withdraw", { person: here.person.id, notice: line.notice, seen: line.rev, reason });
      here.state.withdrawing = false;
    });
  };
  return element(
    "form",
    { class: "stack tight follow-foot", onsubmit: send },
    element("h3", {}, text(word("desk.withdraw_question"))),
    element("label", { for: "reason" }, word("desk.withdraw_reason")),
    element("input", { id: "reason", type: "text", required: true, maxlength: 200 }),
    element("div", { class: "side" }, element("button", { class: "small danger", "data-act": "withdraw-confirm" }, word("desk.withdraw")), element("button", { class: "small", type: "button", onclick: ask(false) }, word("common.cancel"))),
  );
}
