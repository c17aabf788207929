// Reads {file, flag, users} from standard input: does flagd's own evaluator take the file by its official schemas, and what
// does it give the users? Writes {problem, variants}.
import { readFileSync } from "node:fs";
import { FlagdCore, MemoryStorage } from "@openfeature/flagd-core";

const quiet = { error() {}, warn() {}, info() {}, debug() {} };
const { file, flag, users } = JSON.parse(readFileSync(0, "utf8"));
const answer = { problem: "", variants: {} };
try {
  new MemoryStorage(quiet).setConfigurations(file, true);
  const core = new FlagdCore(new MemoryStorage(quiet), quiet);
  core.setConfigurations(file);
  for (const user of users) {
    const found = core.resolveStringEvaluation(flag, "none", { targetingKey: user, country: "DE" }, quiet);
    answer.variants[user] = found.variant;
  }
} catch (error) {
  answer.problem = String(error.message || error);
}
process.stdout.write(JSON.stringify(answer));
