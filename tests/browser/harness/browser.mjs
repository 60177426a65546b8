// Debian's Chromium, and pages in the sizes people hold.

import { chromium } from "playwright-core";
import { Asking, Demo } from "./demo.mjs";

/** Widths and heights: a phone of today, the narrowest one, an officer's PC. */
export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 360, height: 780 };
export const PC = { width: 1334, height: 896 };

/** A demo of its own for a test file, and a browser to look at it; `over` ends both. */
export async function begin() {
  const demo = await Demo.begin();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--font-render-hinting=none"] });
  const context = await browser.newContext({ viewport: PHONE, locale: "ja-JP", timezoneId: "Asia/Tokyo", reducedMotion: "reduce" });
  context.setDefaultTimeout(20_000);
  await context.addInitScript(giveVoice);
  const faults = [];
  context.on("weberror", (error) => faults.push(String(error.error())));
  const first = await context.newPage();
  await first.goto(demo.address);
  await first.close();
  const asking = new Asking(context, demo);
  const over = async () => {
    await browser.close();
    await demo.end();
    if (faults.length > 0) throw new Error(`a page went wrong: ${faults.join("\n")}`);
  };
  return { demo, context, asking, over };
}

/** Debian's Chromium has no voice: this one says nothing, and goes on with a sentence until the next is wanted. */
function giveVoice() {
  const voice = { lang: navigator.language, name: "test", default: true, localService: true };
  const english = { ...voice, lang: "en-GB", default: false };
  Object.defineProperty(window, "speechSynthesis", { value: { getVoices: () => [voice, english], speak() {}, cancel() {}, addEventListener() {}, removeEventListener() {} } });
}

/** Opens a phone's screen and waits until it is drawn. */
export async function open(context, demo, { phone = "ume", hash = "#/home", lang = "ja", size = "100", theme = "light", view, viewport = PHONE, page } = {}) {
  const shown = page ?? (await context.newPage());
  await shown.setViewportSize(viewport);
  const asked = new URLSearchParams({ phone, lang, size, theme, ...(view && { view }) });
  await shown.goto("about:blank");
  await shown.goto(`${demo.origin}/web/index.html?${asked}${hash}`);
  await drawn(shown);
  return shown;
}

/** Waits until the screen (of that name) of a page or a frame is drawn. */
export async function drawn(page, screen) {
  const name = screen ? `[data-screen="${screen}"]` : "";
  await page.locator(`html[data-ready="true"]${name}`).waitFor({ state: "attached" });
}

/** What a reader of screens is told of a part that was pressed by its `data-act`. */
export const act = (page, name) => page.locator(`[data-act="${name}"]`).first();
