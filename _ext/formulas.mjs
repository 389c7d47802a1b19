// node formulas.mjs BUNDLE: answers each line, [formula, whether it stands alone], with a line.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { mathml } = await import(pathToFileURL(process.argv[2]));
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { mathml: mathml(...JSON.parse(line)) };
  } catch (error) {
    answer = { error: error.message };
  }
  console.log(JSON.stringify(answer));
}
