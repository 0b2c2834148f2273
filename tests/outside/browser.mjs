// Opens a page in Chromium at phone and desktop width, light and dark, takes a picture of each, and
// writes what it measured as JSON: node browser.mjs PACKAGES FOLDER PAGE
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, folder, page] = process.argv.slice(2);
const { chromium } = createRequire(join(packages, "here.js"))("playwright-core");
const profile = mkdtempSync(join(tmpdir(), "align-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

function measure() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = channels(color).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const under = (at) => {
    for (; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  let worst = { ratio: 99, text: "" };
  for (const at of document.body.querySelectorAll("*")) {
    const text = [...at.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
    if (!text || at.closest("title, desc")) continue;
    const style = getComputedStyle(at);
    const color = at instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(color), light(under(at))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text };
  }
  const root = document.documentElement;
  return {
    over: root.scrollWidth - root.clientWidth,
    drawn: [...document.querySelectorAll(".drawing")].every((at) => at.scrollWidth <= at.clientWidth),
    paper: getComputedStyle(document.body).backgroundColor,
    contrast: worst.ratio,
    faintest: worst.text,
    text: document.body.innerText.length,
    alerted: window.alerted === true,
  };
}

async function colors(tab, picture) {
  return tab.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const seen = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const key = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    return {
      width: image.width,
      colors: seen.size,
      commonest: Math.max(...seen.values()) / (data.length / 4),
    };
  }, `data:image/png;base64,${picture.toString("base64")}`);
}

const measured = [];
try {
  const blank = await browser.newPage();
  for (const [name, width, height] of [["phone", 390, 844], ["desktop", 1280, 900]]) {
    for (const scheme of ["light", "dark"]) {
      const tab = await browser.newPage();
      let asked = 0;
      tab.on("request", () => asked += 1);
      await tab.setViewportSize({ width, height });
      await tab.emulateMedia({ colorScheme: scheme });
      await tab.goto(pathToFileURL(page).href);
      const path = join(folder, `${basename(page, ".html")}-${name}-${scheme}.png`);
      const picture = await tab.screenshot({ path });
      measured.push({
        name, scheme, width, asked,
        ...await tab.evaluate(measure),
        picture: await colors(blank, picture),
      });
      await tab.close();
    }
  }
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
console.log(JSON.stringify(measured));
