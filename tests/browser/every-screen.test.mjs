// Every screen and state, in both languages: whoever reads by ear, with large letters, on a narrow phone, or with tired eyes can use it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { begin, drawn, NARROW, open } from "./harness/browser.mjs";
import { contrast, room, targets } from "./harness/measure.mjs";
import { SCREENS } from "./screens.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const only = process.env.SCREEN;
const kept = {};
const least = { text: 21, shape: 21 };
const count = { text: 0, shape: 0, axe: 0 };
let here;

before(async () => {
  here = await begin();
});
after(async () => {
  console.log(`measured: ${count.text} texts, the least ${least.text}:1; ${count.shape} shapes, the least ${least.shape}:1; ${count.axe} pages by axe`);
  await here?.over();
});

/** Shows a state as it is asked for: the stage has an address of its own. */
async function show(page, screen, hash, asked) {
  const { demo, context } = here;
  const viewport = asked.viewport ?? screen.viewport;
  if (screen.path) {
    const { lang = "ja", size = "100", theme = "light" } = asked;
    await page.setViewportSize(viewport);
    await page.goto(`${demo.origin}${screen.path}?${new URLSearchParams({ lang, size, theme })}`);
    await drawn(page);
    return;
  }
  await open(context, demo, { phone: screen.phone, hash, view: screen.view, ...asked, viewport, page });
  await screen.pressed?.(page);
  await drawn(page);
}

/** What axe-core finds, each with where. */
async function byEar(page) {
  // On a page that is shown whole no bar lies on anything; what it may cover comes into sight by scrolling.
  const { width, height } = page.viewportSize();
  const tall = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.max(height, tall) });
  // The page's rules for scripts are the demo's own; the test brings its script past them.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  await page.setViewportSize({ width, height });
  count.axe += 1;
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(" ")} (${failureSummary.split("\n").at(-1).trim()})`));
}

/** What is measured of text and shapes in some colours. */
async function byEye(page, theme) {
  await page.evaluate((name) => {
    document.documentElement.dataset.theme = name;
  }, theme);
  const found = await contrast(page);
  for (const kind of ["text", "shape"]) {
    least[kind] = Math.min(least[kind], found.least[kind]);
    count[kind] += found.count[kind];
  }
  assert.deepEqual(found.wrong, []);
  assert.ok(found.count.text > 0, "a screen has words");
}

for (const screen of SCREENS) {
  if (only && !only.split(",").some((start) => screen.name.startsWith(start))) {
    // What comes later may need what it left.
    test(`${screen.name} is only prepared`, { skip: !screen.before }, () => screen.before?.(here.asking, kept));
    continue;
  }
  test(`${screen.name}: ${screen.title}`, async (t) => {
    await screen.before?.(here.asking, kept);
    const hash = typeof screen.hash === "function" ? await screen.hash(here.asking, kept) : screen.hash;
    const page = await here.context.newPage();
    try {
      for (const lang of ["ja", "en"]) {
        await show(page, screen, hash, { lang });
        await t.test(`is understood by a reader of screens (${lang})`, async () => {
          assert.deepEqual(await byEar(page), []);
        });
        await t.test(`has room and targets for fingers (${lang})`, async () => {
          assert.deepEqual([await room(page), await targets(page)], [[], []]);
        });
        for (const theme of lang === "ja" ? ["light", "dark", "contrast", "contrast-dark"] : []) {
          await t.test(`can be told apart by tired eyes (${theme})`, () => byEye(page, theme));
        }
        await t.test(`has room at 200 % on the narrowest phone (${lang})`, async () => {
          await show(page, screen, hash, { lang, size: "200", viewport: screen.path ? screen.viewport : NARROW });
          assert.deepEqual([await room(page), await targets(page)], [[], []]);
        });
      }
    } finally {
      await page.close();
    }
  });
}
