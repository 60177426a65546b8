// Draws every screen and state into a few contact sheets, for people to look at: `node sheets.mjs FOLDER`.

import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { begin, drawn, open, PC } from "./harness/browser.mjs";
import { SCREENS } from "./screens.mjs";

const [folder = "docs/screens"] = process.argv.slice(2);

/** The sheets: what is asked of every state, and which states stand on it. */
const small = ({ viewport }) => viewport !== PC;
const SHEETS = [
  { file: "ja-100", title: "日本語 100 %", asked: {}, holds: small },
  { file: "ja-200", title: "日本語 200 %", asked: { size: "200" }, holds: small },
  { file: "en-100", title: "English 100 %", asked: { lang: "en" }, holds: small },
  { file: "en-200", title: "English 200 %", asked: { lang: "en", size: "200" }, holds: small },
  { file: "dark", title: "暗い", asked: { theme: "dark" }, holds: small },
  { file: "contrast", title: "はっきり", asked: { theme: "contrast" }, holds: small },
  { file: "pc", title: "役員のPC", asked: {}, holds: ({ viewport }) => viewport === PC, more: [{}, { lang: "en" }, { size: "200" }, { theme: "dark" }, { theme: "contrast" }] },
];

/** How much of a long page a tile shows. */
const TALLEST = 1500;
/** Tiles are drawn smaller than they are, on a sheet of this width. */
const SCALE = 0.5;
const WIDE = 1640;

await mkdir(folder, { recursive: true });
await opening();

const { demo, context, asking, over } = await begin();
const kept = {};
const tiles = new Map(SHEETS.map(({ file }) => [file, []]));
const page = await context.newPage();

for (const screen of SCREENS) {
  await screen.before?.(asking, kept);
  const hash = typeof screen.hash === "function" ? await screen.hash(asking, kept) : screen.hash;
  for (const sheet of SHEETS.filter(({ holds }) => holds(screen))) {
    for (const more of sheet.more ?? [{}]) {
      const asked = { ...sheet.asked, ...more };
      const label = [screen.title, ...Object.values(more)].join(" ");
      tiles.get(sheet.file).push({ label, name: screen.name, picture: await picture(screen, hash, asked) });
    }
  }
  console.log(screen.name);
}

async function picture(screen, hash, asked) {
  if (screen.path) {
    await page.setViewportSize(screen.viewport);
    await page.goto(`${demo.origin}${screen.path}?${new URLSearchParams({ lang: "ja", size: "100", theme: "light", ...asked })}`);
    await drawn(page);
    for (const frame of screen.frames) await drawn(page.frameLocator(frame));
  } else {
    await open(context, demo, { ...screen, hash, ...asked, page });
    await screen.pressed?.(page);
    await drawn(page);
  }
  await page.evaluate(() => document.activeElement?.blur());
  await page.evaluate(() => document.fonts.ready);
  // As tall as what stands on it, so that the bar below lies below everything.
  const tall = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ ...screen.viewport, height: Math.min(Math.max(tall, screen.viewport.height), TALLEST) });
  const shot = await page.screenshot({ scale: "css" });
  return { shot: shot.toString("base64"), width: screen.viewport.width };
}

/** The picture the README opens with, of a town of its own: a seal pressed on the phone has arrived at the desk. */
async function opening() {
  const { demo, context, over } = await begin();
  const page = await context.newPage();
  await page.setViewportSize({ width: 1440, height: 1120 });
  await page.goto(`${demo.origin}/?lang=ja&size=100&theme=light`);
  const phone = page.frameLocator("#phone");
  const officer = page.frameLocator("#desk");
  const line = phone.locator('a.circular[data-act="open-notice"]').first();
  const notice = await line.getAttribute("data-notice");
  await line.click();
  await officer.locator(`[data-act="open-sent"][href$="/${notice}"]`).first().click();
  await officer.locator(`[data-key="follow-${notice}"]`).waitFor();
  await phone.locator('[data-act="seen"]').click();
  await page.locator('#step-2[data-done="true"]').waitFor();
  await page.mouse.move(0, 0);
  await page.evaluate(() => {
    document.activeElement?.blur();
    scrollTo(0, 0);
  });
  await writeFile(join(folder, "stage.png"), await page.screenshot({ fullPage: true }));
  compress(join(folder, "stage.png"));
  await over();
}

/** 256 colours are enough for a sheet, where Debian's pngquant is there. */
function compress(file) {
  const { error } = spawnSync("pngquant", ["--force", "--ext", ".png", "--strip", "--speed", "1", "256", file]);
  if (error) console.log("pngquant is missing: the sheets stay larger");
}

for (const { file, title } of SHEETS) {
  const figures = tiles.get(file).map(({ label, name, picture: { shot, width } }) => `<figure style="width:${width * SCALE}px"><figcaption><b>${label}</b> ${name}</figcaption><img src="data:image/png;base64,${shot}" width="${width * SCALE}"></figure>`);
  const style = "body{margin:0;padding:16px;font:14px/1.4 'Noto Sans CJK JP',sans-serif;background:#8a8a86;color:#000}h1{font-size:20px;margin:0 0 12px}main{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start}figure{margin:0}figcaption{white-space:nowrap;overflow:hidden;font-size:12px;margin-bottom:4px}img{display:block}";
  const sheet = await context.newPage();
  await sheet.setViewportSize({ width: WIDE, height: 800 });
  await sheet.setContent(`<!doctype html><meta charset="utf-8"><title>${title}</title><style>${style}</style><h1>${title}</h1><main>${figures.join("")}</main>`);
  await writeFile(join(folder, `${file}.png`), await sheet.screenshot({ fullPage: true }));
  await sheet.close();
  compress(join(folder, `${file}.png`));
  console.log(`${file}.png`);
}
await over();
