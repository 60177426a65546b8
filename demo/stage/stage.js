// The demo's page: a resident's phone on the left, the officer's desk on the right, and three things to try.

import { element, settle } from "/web/element.js";
import { listen } from "/web/live.js";
import { speak } from "/web/word.js";
import { chooser, frame, invitationPaper, networkNote } from "./phone.js";
import { choose, look, show } from "./look.js";
import { desk } from "./desk.js";
import { begin, heard, happened, stepList } from "./steps.js";
import { get, post } from "./ask.js";
import { intro, lost } from "./intro.js";

const state = {
  phones: [],
  phone: "ume",
  network: { cut: false },
  morning: undefined,
  town: undefined,
  invitation: undefined,
  steps: begin(),
  lost: false,
};

async function start() {
  state.phones = (await get("/phones")) ?? [];
  state.lost = state.phones.length === 0;
  paint();
  listen(told);
  addEventListener("message", ({ origin, data }) => {
    if (origin !== location.origin || data?.kairan !== "did") return;
    heard(state.steps, data);
    paint();
  });
  addEventListener("resize", paint);
  await Promise.all([askNetwork(), askMorning()]);
  paint();
}

/** What the one stream of the page tells. */
async function told(event, record) {
  if (event === "network" && record.phone === state.phone) state.network = record;
  if (event === "morning") state.morning = record;
  if (event === "town") state.town = record;
  if (event === "hello") await Promise.all([askNetwork(), askMorning()]);
  if (event === "changed") happened(state.steps, record, state.phone);
  paint();
}

async function askNetwork() {
  state.network = (await get(`/phones/${state.phone}/network`)) ?? { cut: false };
}

async function askMorning() {
  state.morning = await get("/morning");
}

const actions = {
  async phone(name) {
    state.phone = name;
    state.invitation = undefined;
    await askNetwork();
    if (name === "new") state.invitation = await post("/invite", {});
    paint();
  },
  async cut(cut) {
    state.network = (await post(`/phones/${state.phone}/network`, { cut })) ?? state.network;
    paint();
  },
  async play() {
    await post("/morning", {});
    await askMorning();
    paint();
  },
  async stop() {
    await fetch("/morning", { method: "DELETE" });
    await askMorning();
    paint();
  },
  async look(what, value) {
    choose(what, value);
    if (what === "lang") await speak(value);
    for (const { contentWindow } of document.querySelectorAll("iframe")) contentWindow.postMessage({ kairan: "choose", what, value }, location.origin);
    paint();
  },
  again() {
    state.steps = begin();
    paint();
  },
};

function paint() {
  settle(document.getElementById("stage"), [
    intro(actions),
    state.lost && lost(),
    stepList(state.steps, actions),
    element("main", { class: "two", id: "main", "data-key": "two" }, [
      element("section", { class: "left", "data-key": "left", "aria-labelledby": "phone-title" }, chooser(state, actions), state.invitation && invitationPaper(state.invitation), frame(state, actions), networkNote(state)),
      desk(state, actions),
    ]),
  ]);
  document.documentElement.dataset.screen = "stage";
  document.documentElement.dataset.ready = "true";
}

show();
await speak(look.lang);
await start();
