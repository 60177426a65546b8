// ホーム: how are you today, and what is new.

import { dateWithWeekday, day, dayNumber, time, weekday } from "../clock.js";
import { element } from "../element.js";
import { answers } from "../parts/answers.js";
import { barButton, heading, homeBar, link, tabs } from "../parts/bars.js";
import { consentQuestion } from "../parts/consent.js";
import { icon } from "../parts/icons.js";
import { noticeList, sentence } from "../parts/lines.js";
import { emergencyBanner, strips } from "../parts/strips.js";
import { talkNews } from "../parts/talk-news.js";
import { reading } from "../reading.js";
import { note, text } from "../text.js";
import { word } from "../word.js";

export default {
  name: "home",
  tells: ["home", "outbox", "notices"],
  remembers: true,

  start: () => ({ changing: false, asking: undefined, heard: undefined }),

  async load({ call, person }) {
    const [home, talks] = await Promise.all([call("home", { person: person.id }), call("my_talks", { person: person.id })]);
    return { home, talks };
  },

  draw(here, { home, talks }) {
    const { me, person } = here;
    announce(here, home);
    const commissioner = person.roles.some(({ kind }) => kind === "commissioner");
    return {
      title: word("home.title"),
      bar: homeBar(person.association ?? me.district, text(day(home.today, dateWithWeekday)), readButton(here, home)),
      body: [
        reading.silent && element("p", { class: "note", role: "status", "data-key": "silent" }, word("notice.no_voice")),
        me.persons.length > 1 && element("p", { class: "note", "data-key": "person" }, word("home.person", { name: home.name }), " ", link(word("home.change_person"), "#/settings", "person")),
        home.emergencies.map(emergencyBanner),
        home.salvage && salvage(here, home.salvage),
        !me.complete && element("p", { class: "note", role: "status", "data-key": "pull" }, word("home.first_pull")),
        home.can_check_in && today(here, home, talks),
        strips(home),
        home.unread_count > 0
          ? [heading(note(word("home.unread", { count: home.unread_count }))), noticeList(home.unread, { household: person.household }), home.unread_count > home.unread.length && link(word("home.unread_all"), "#/archive", "archive")]
          : me.complete && element("p", { class: "empty", "data-key": "empty" }, word("home.empty")),
        home.next_events.length > 0 && [heading(word("home.events")), eventList(home.next_events.slice(0, 3))],
      ],
      foot: tabs("home", commissioner),
    };
  },
};

function readButton(here, home) {
  if (reading.on) return barButton("pause", word("home.stop"), () => reading.stop(), { id: "read-aloud", "data-act": "stop-reading" });
  return barButton("speaker", word("home.read_aloud"), () => reading.start(spoken(home), here.redraw), { id: "read-aloud", "data-act": "read-aloud" });
}

function spoken(home) {
  const emergencies = home.emergencies.map((line) => `${word("home.emergency")}。${line.title}。${(line.point ?? []).join(" ")}`);
  const asked = home.check_in ? [word("home.answered", { mood: word(`terms.mood.${home.check_in.mood}`) })] : [word("home.question")];
  return [...emergencies, ...(home.can_check_in ? asked : []), ...home.unread.map((line) => sentence(line))];
}

/** What a reader of screens is told once per change: an emergency at once, an answer's arrival calmly. */
function announce(here, home) {
  const [emergency] = home.emergencies;
  if (emergency && here.state.emergency !== emergency.id) {
    here.state.emergency = emergency.id;
    here.say(`${word("home.emergency")}。${emergency.title}`, true);
  }
  const said = home.check_in && `${home.check_in.op} ${home.check_in.state}`;
  if (said !== here.state.heard && here.state.heard !== undefined && home.check_in) {
    const { mood, state, at } = home.check_in;
    const words = { mood: word(`terms.mood.${mood}`) };
    here.say(state === "arrived" ? word("home.arrived_reader", { ...words, time: time(at) }) : word("home.waiting_reader", words));
  }
  here.state.heard = said ?? null;
}

function today(here, home, talks) {
  const { state } = here;
  if (state.asking) {
    return consentQuestion(home, {
      yes: () => here.act(async () => {
        await here.call("consent", { person: here.person.id, moods_to_team: true });
        await say(here, state.asking);
        state.asking = undefined;
      }),
      no: () => {
        state.asking = undefined;
        here.redraw();
      },
    });
  }
  const asks = !home.check_in || state.changing;
  const newest = talks.find(({ day: of }) => of === home.today) ?? talks[0];
  return element(
    "section",
    { class: "sheet today", "data-key": asks ? "asking" : "said", "aria-label": word("home.question") },
    asks ? question(here, home) : said(here, home),
    newest && newest.state !== "closed" && talkNews(newest),
  );
}

function question(here, home) {
  const chosen = home.check_in?.mood;
  const byPhone = home.talk.way === "number";
  const press = (mood) => {
    if (mood === "talk" && byPhone) return location.assign(`tel:${home.talk.telephone.replace(/[^\d+]/g, "")}`);
    // A talk is its own consent; the other two need it once.
    if (mood !== "talk" && !home.consent) {
      here.state.asking = mood;
      return here.redraw();
    }
    return here.act(() => say(here, mood));
  };
  const lines = {
    team: () => word("home.note"),
    number: ({ name, telephone, hours }) => word("home.talk_by_phone_note", { name, telephone, hours }),
    nothing: () => word("home.talk_nowhere"),
  };
  return [
    element("h2", { class: "question" }, text(word("home.question"))),
    answers({ chosen, press, talkWord: byPhone ? word("home.talk_by_phone") : undefined }),
    element("p", { class: "note" }, note(lines[home.talk.way](home.talk))),
    home.check_in && element("div", { class: "side" }, [
      element("button", { type: "button", class: "small", id: "take-back", "data-act": "take-back", onclick: () => takeBack(here, home) }, word("home.take_back")),
      element("button", { type: "button", class: "small", "data-act": "keep", onclick: () => change(here, false) }, word("common.back")),
    ]),
  ];
}

async function say(here, mood) {
  await here.call("check_in", { person: here.person.id, mood });
  here.state.changing = false;
  here.did(`mood-${mood}`);
}

const takeBack = (here, home) => here.act(async () => {
  await here.call("take_back", { person: here.person.id, op: home.check_in.op });
  here.state.changing = false;
  here.say(word("home.taken_back"));
  here.did("take-back");
});

function change(here, changing) {
  here.state.changing = changing;
  here.redraw();
}

function said(here, { check_in: { mood, state, at } }) {
  const waiting = state === "waiting";
  return element(
    "div",
    { class: "said" },
    element("span", { class: waiting ? "mark waiting" : "mark" }, icon(mood)),
    element("div", { class: "words" }, element("p", {}, text(word("home.answered", { mood: word(`terms.mood.${mood}`) }))), element("p", { class: "note" }, text(waiting ? word("common.waiting") : word("home.arrived_at", { time: time(at) })))),
    element("button", { class: "link", type: "button", id: "change", "data-act": "change", onclick: () => change(here, true) }, word("home.change")),
  );
}

function salvage(here, { waiting, lost }) {
  const kept = waiting > 0 ? word("home.salvage_kept", { count: waiting }) : word("home.salvage_none");
  return element(
    "section",
    { class: "panel-error", "data-key": "salvage" },
    element("strong", {}, word("home.salvage_title")),
    element("p", {}, note(`${kept}${word(lost ? "home.salvage_lost" : "home.salvage_whole")}`)),
    element("button", { type: "button", class: "small", "data-act": "salvage-seen", onclick: () => here.act(() => here.call("salvage_seen")) }, word("home.salvage_seen")),
  );
}

/** What takes place: the day in large figures, and what, when, where. */
export function eventList(events) {
  const line = (event) =>
    element(
      "li",
      { "data-key": `event-${event.notice}` },
      element(
        "a",
        { class: "sheet event", href: `#/notice/${event.notice}`, "data-act": "open-event" },
        element("span", { class: "day" }, element("strong", {}, dayNumber(event.starts)), element("span", {}, weekday(event.starts))),
        element("span", { class: "what" }, element("strong", {}, text(event.title)), element("span", { class: "note" }, text(event.when)), event.place && element("span", { class: "note" }, text(event.place))),
      ),
    );
  return element("ul", { class: "stack tight" }, events.map(line));
}
