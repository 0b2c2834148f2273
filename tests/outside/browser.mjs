// Opens a page in Chromium at phone and desktop width, light and dark, takes a picture of each, and
// writes what it measured as JSON: node browser.mjs PAGE FOLDER
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [page, folder, packages] = process.argv.slice(2);
const { chromium } = createRequire(join(packages, "x.js"))("playwright-core");
const profile = mkdtempSync(join(tmpdir(), "align-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  offline: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});
const measured = [];
try {
  for (const [name, width, height] of [["phone", 390, 844], ["desktop", 1280, 900]]) {
    for (const colorScheme of ["light", "dark"]) {
      const tab = await browser.newPage();
      const asked = [];
      tab.on("request", (request) => asked.push(request.url()));
      await tab.setViewportSize({ width, height });
      await tab.emulateMedia({ colorScheme });
      await tab.goto(pathToFileURL(page).href);
      const file = join(folder, `${name}-${colorScheme}.png`);
      await tab.screenshot({ path: file, fullPage: true });
      const of = await tab.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        client: document.documentElement.clientWidth,
        height: document.documentElement.scrollHeight,
        paper: getComputedStyle(document.body).backgroundColor,
        ink: getComputedStyle(document.body).color,
        colors: (() => {
          const seen = new Set();
          for (const at of document.querySelectorAll("*")) seen.add(getComputedStyle(at).color);
          return seen.size;
        })(),
        text: document.body.innerText.length,
      }));
      measured.push({ name, colorScheme, width, asked: asked.length, bytes: readFileSync(file).length, ...of });
      await tab.close();
    }
  }
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
console.log(JSON.stringify(measured));
