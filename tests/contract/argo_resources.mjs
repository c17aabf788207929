// Reads a JSON list of Kubernetes resources and writes, for each, what is wrong with it: what the validators generated from
// the projects' own Go types say, and every key that they do not know (which Kubernetes would drop without a word).
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const MODULES = new URL("node_modules/@kubernetes-models/", pathToFileURL(`${import.meta.dirname}/`));
const ROLLOUTS = "argo-rollouts/_schemas/ComGithubArgoprojArgoRolloutsPkgApisRolloutsV1alpha1";
const SCHEMAS = {
  Application: "argo-cd/_schemas/ComGithubArgoprojArgoCdV3PkgApisApplicationV1alpha1Application.js",
  Rollout: `${ROLLOUTS}Rollout.js`,
  AnalysisTemplate: `${ROLLOUTS}AnalysisTemplate.js`,
};

// A validator asks for every key that it knows, so that what is never asked for is unknown.
function watched(value, path, seen) {
  if (value === null || typeof value !== "object") return value;
  const asked = new Set();
  const children = new Map();
  if (!Array.isArray(value)) seen.push([path, value, asked]);
  return new Proxy(value, {
    get(target, key) {
      if (typeof key === "string") asked.add(key);
      const child = Reflect.get(target, key);
      if (child === null || typeof child !== "object") return child;
      if (!children.has(key)) children.set(key, watched(child, `${path}/${String(key)}`, seen));
      return children.get(key);
    },
  });
}

const found = [];
for (const resource of JSON.parse(readFileSync(0, "utf8"))) {
  const { validate } = await import(new URL(SCHEMAS[resource.kind], MODULES));
  const seen = [];
  const fits = validate(watched(resource, "", seen));
  const errors = fits ? [] : validate.errors ?? [];
  found.push([
    ...errors.map((error) => `${error.instancePath}: ${error.keyword} ${JSON.stringify(error.params)}`),
    ...seen.flatMap(([path, value, asked]) =>
      Object.keys(value).filter((key) => !asked.has(key)).map((key) => `${path}/${key}: is unknown`),
    ),
  ]);
}
console.log(JSON.stringify(found));
