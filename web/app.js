// The frame around the screens: which one is open, what it knows, and that it is drawn anew only when its record changed.

import { chosen, phone, view } from "./choices.js";
import { setClock } from "./clock.js";
import { element, settle } from "./element.js";
import { trouble } from "./parts/bars.js";
import { practising } from "./parts/practising.js";
import { reading } from "./reading.js";
import { parse, SCREENS } from "./routes.js";
import { word, wordFor } from "./word.js";

/** Opens the screen the address names, and every one it names later. Says what to call when something changed. */
export async function open(call) {
  const app = new App(call);
  addEventListener("hashchange", () => app.visit());
  await app.visit();
  return app;
}

class App {
  scrolled = new Map();
  visits = 0;

  constructor(call) {
    this.call = call;
    this.root = document.getElementById("app");
  }

  /** Opens what the address says. */
  async visit() {
    const visit = ++this.visits;
    if (this.here) this.leave();
    document.documentElement.dataset.ready = "false";
    const place = parse(location.hash);
    const me = await this.asked("me");
    if (visit !== this.visits) return;
    this.know(me);
    if (me?.joined === false && !place.stranger) return this.go("#/join");
    const { default: screen } = await SCREENS[place.screen]();
    if (visit !== this.visits) return;
    this.screen = screen;
    this.here = this.around(place);
    this.here.state = screen.start?.(this.here) ?? {};
    this.record = undefined;
    await this.load(visit);
    if (visit !== this.visits) return;
    const back = screen.remembers ? (this.scrolled.get(location.hash) ?? 0) : 0;
    this.root.querySelector("main")?.focus({ preventScroll: true });
    scrollTo({ top: back, behavior: "instant" });
  }

  leave() {
    this.scrolled.set(this.here.place.hash, scrollY);
    this.screen.leave?.(this.here);
    reading.stop();
    reading.silent = false;
  }

  /** What a screen has at hand. */
  around(place) {
    const app = this;
    return {
      place,
      phone,
      view,
      call: this.call,
      get me() {
        return app.me;
      },
      get person() {
        return app.person;
      },
      reload: () => app.load(app.visits),
      redraw: () => app.paint(),
      go: (to) => app.go(to),
      say,
      did: tellOutside,
      act: (work) => app.act(work),
    };
  }

  know(me) {
    if (!me) return;
    this.me = me;
    setClock(me.utc_offset_minutes);
    const persons = me.persons ?? [];
    this.person = persons.find(({ id }) => id === chosen("person")) ?? persons[0];
  }

  async asked(method, given) {
    try {
      return await this.call(method, given);
    } catch (fault) {
      if (method === "me") this.fault = fault.code;
      return undefined;
    }
  }

  /** Asks the facade for the screen's record, and draws it if it is another one. */
  async load(visit) {
    const asked = (this.asking = (this.asking ?? 0) + 1);
    let record;
    let fault;
    try {
      record = await this.screen.load(this.here);
    } catch (error) {
      if (!error.code) throw error;
      fault = error.code;
    }
    if (visit !== this.visits || asked !== this.asking) return;
    const now = JSON.stringify([record, fault, this.person, this.me]);
    if (now !== this.record) {
      this.record = now;
      Object.assign(this.here, { record, fault });
      this.paint();
    }
  }

  /** Somebody told that these records may read differently now; without a list, all may. */
  async changed(screens) {
    if (!this.screen) return;
    if (!screens || screens.includes("me")) this.know(await this.asked("me"));
    const mine = this.screen.tells ?? [];
    if (!screens || screens.some((name) => name === "me" || mine.includes(name))) await this.load(this.visits);
  }

  /** Draws again in other words or another look. */
  repaint() {
    if (this.here) this.paint();
  }

  paint() {
    const { here, screen, root } = this;
    const drawn = here.fault ? { bar: screen.bar?.(here), body: [trouble(wordFor("codes", here.fault))] } : screen.draw(here, here.record);
    const main = element("main", { id: "main", tabindex: "-1", class: screen.wide?.(here) ? `wide ${screen.name}` : screen.name, "data-key": `main-${here.place.hash}` }, here.state.trouble && trouble(wordFor("codes", here.state.trouble)), drawn.body);
    settle(root, [skip(), drawn.bar, practising(here), drawn.under, main, drawn.foot]);
    document.title = [drawn.title, word("common.app")].filter(Boolean).join(" - ");
    document.documentElement.dataset.screen = screen.name;
    document.documentElement.dataset.ready = "true";
    const bottom = root.querySelector(".bottom");
    bottom?.classList.toggle("scrolls", bottom.offsetHeight > innerHeight / 3);
    screen.drawn?.(here, here.record);
    reading.light();
  }

  /** Does what somebody pressed; what is refused is said at the top. */
  async act(work) {
    const { here } = this;
    if (here.busy) return undefined;
    here.busy = true;
    here.state.trouble = undefined;
    try {
      return await work();
    } catch (error) {
      if (!error.code) throw error;
      here.state.trouble = error.code;
      scrollTo({ top: 0 });
      return undefined;
    } finally {
      here.busy = false;
      if (this.here === here) {
        this.record = undefined;
        await this.load(this.visits);
      }
    }
  }

  go(to) {
    if (location.hash === to) this.visit();
    else location.hash = to;
  }
}

const skip = () => element("a", { class: "skip", href: "#main", "data-key": "skip", onclick: jump }, word("common.skip"));

function jump(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

/** Says something to a reader of screens: calmly, or at once. */
export function say(words, at_once = false) {
  document.getElementById(at_once ? "alarm" : "status").textContent = words;
}

/** Tells the page around this one what was done here. */
function tellOutside(what) {
  if (parent !== window) parent.postMessage({ kairan: "did", phone, what }, location.origin);
}
