// Holds files against the JSON schema of SARIF 2.1.0: node sarif.mjs PACKAGES FILE…
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [packages, ...files] = process.argv.slice(2);
const require = createRequire(join(packages, "here.js"));
const Ajv = require("ajv-draft-04").default;
const addFormats = require("ajv-formats").default;

const path = join(packages, "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(path, "utf8")));
let wrong = 0;
for (const file of files) {
  if (!validate(JSON.parse(readFileSync(file, "utf8")))) {
    wrong += 1;
    console.error(file, JSON.stringify(validate.errors.slice(0, 5), null, 2));
  }
}
process.exit(wrong === 0 ? 0 : 1);
