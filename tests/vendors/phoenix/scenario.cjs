// Runs under Node with Phoenix's TypeScript client on NODE_PATH: `scenario.cjs URL SUFFIX`.
//
// The same as scenario.py, for what this client has; prints one JSON object with what the client returned.

const { createClient } = require("@arizeai/phoenix-client");
const datasets = require("@arizeai/phoenix-client/datasets");
const experiments = require("@arizeai/phoenix-client/experiments");
const prompts = require("@arizeai/phoenix-client/prompts");

const [url, suffix] = process.argv.slice(2);
const client = createClient({ options: { baseUrl: url } });
const silent = Object.fromEntries(["debug", "info", "warn", "error", "log", "groupCollapsed", "groupEnd", "table"].map((name) => [name, () => {}]));
const quiet = { client, logger: silent, setGlobalTracerProvider: false, useBatchSpanProcessor: false };
const name = `capitals ${suffix}`;
const capitals = { "France?": "Paris", "Japan?": "Tokyo", "Peru?": "Lima" };

const examples = Object.entries(capitals).map(([question, answer], place) => ({ input: { question }, output: { answer }, metadata: { place } }));
const answer = ({ input }) => ({ answer: input.question === "Peru?" ? "Cusco" : capitals[input.question] });
const failingFor = (...questions) => ({ input }) => {
  if (questions.includes(input.question)) throw new Error("nope");
  return input.question;
};
const evaluator = (name, evaluate) => experiments.asExperimentEvaluator({ name, kind: "CODE", evaluate });
const exact = evaluator("exact", ({ output, expected }) => ({ score: output.answer === expected.answer ? 1 : 0, label: "compared", metadata: { m: 1 } }));
const length = evaluator("length", ({ output }) => ({ score: output.answer.length / 10, explanation: "tenths" }));
const always = evaluator("always", () => ({ score: 0.5 }));
const broken = evaluator("always", () => { throw new Error("not yet"); });

// The client does not wait for its evaluations to be taken: read until as many are there.
async function stored(experimentId, count, wanted = () => true) {
  for (const deadline = Date.now() + 20_000; ; ) {
    const records = await (await fetch(`${url}/v1/experiments/${experimentId}/json`)).json();
    if (records.flatMap((record) => record.annotations).filter(wanted).length >= count || Date.now() > deadline) return records;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Runs are posted in parallel: which one has which id differs from time to time, but lists go by id.
const row = (id) => Number(atob(id).split(":")[1]);
const newestFirst = (runs) => runs.every((run, place) => place === 0 || row(run.id) < row(runs[place - 1].id));
const byExample = (runs) => [...runs].sort((one, other) => row(one.datasetExampleId) - row(other.datasetExampleId)).map(({ id, traceId, ...rest }) => rest);

async function refused(call) {
  try {
    return { returned: (await call()) ?? null };
  } catch (error) {
    return { error: error.message.replace(url, "URL") };
  }
}

async function main() {
  const seen = {};
  const { datasetId } = await datasets.createDataset({ client, name, description: "three capitals", examples });
  seen.dataset = await datasets.getDataset({ client, dataset: { datasetName: name } });
  const dataset = { datasetId };

  const ran = await experiments.runExperiment({
    ...quiet, dataset, task: answer, evaluators: [exact, length], repetitions: 2,
    experimentName: "baseline", experimentDescription: "from node", experimentMetadata: { model: "none", ü: [1, null] },
  });
  seen.runs = Object.values(ran.runs).length;
  seen.scores = ran.evaluationRuns.map((run) => [run.name, run.result?.score ?? null, run.error]).sort();
  seen.stored = await stored(ran.id, 12);
  seen.info = await experiments.getExperimentInfo({ client, experimentId: ran.id });
  const read = Object.values((await experiments.getExperiment({ client, experimentId: ran.id })).runs);
  const { runs } = await experiments.getExperimentRuns({ client, experimentId: ran.id, pageSize: 2 });
  seen.read = byExample(read);
  seen.samePages = JSON.stringify(runs) === JSON.stringify(read);
  seen.ownTraces = new Set(runs.map((run) => run.traceId)).size;
  seen.newestFirst = newestFirst(runs);

  const again = await experiments.evaluateExperiment({ ...quiet, experiment: ran, evaluators: [always] });
  seen.again = again.evaluationRuns.length;
  seen.annotations = (await stored(ran.id, 18)).map((record) => record.annotations.map((annotation) => annotation.name));

  const { id: experimentId } = await experiments.createExperiment({ client, datasetId, experimentName: "resumed", repetitions: 2 });
  await experiments.resumeExperiment({ ...quiet, experimentId, task: failingFor("Japan?") });
  seen.partial = await experiments.getExperimentInfo({ client, experimentId });
  await experiments.resumeExperiment({ ...quiet, experimentId, task: failingFor(), evaluators: [broken] });
  seen.complete = await experiments.getExperimentInfo({ client, experimentId });
  seen.failed = (await stored(experimentId, 6, ({ error }) => error !== null)).map((record) => record.annotations);
  await experiments.resumeEvaluation({ ...quiet, experimentId, evaluators: [always] });
  seen.repaired = (await stored(experimentId, 6, ({ error }) => error === null)).map((record) => record.annotations);
  seen.listed = await experiments.listExperiments({ client, datasetId });

  seen.deleted = await refused(() => experiments.deleteExperiment({ client, experimentId }));
  seen.gone = await refused(() => experiments.getExperimentInfo({ client, experimentId }));
  seen.left = (await experiments.listExperiments({ client, datasetId })).length;

  seen.appended = await datasets.appendDatasetExamples({ client, dataset: { datasetName: name }, examples: [{ id: "oman-1", input: { question: "Oman?" }, output: { answer: "Muscat" } }] });
  seen.grown = await datasets.getDataset({ client, dataset });
  const tried = await experiments.runExperiment({ ...quiet, dataset, task: answer, dryRun: 2 });
  seen.dryRuns = Object.values(tried.runs).length;

  seen.datasetInfo = await datasets.getDatasetInfo({ client, dataset });
  seen.examples = (await datasets.getDatasetExamples({ client, dataset: { datasetName: name } })).examples.map(({ id, input }) => [id, input]);

  const promptName = `greet-${suffix}`;
  const first = prompts.promptVersion({ modelProvider: "OPENAI", modelName: "gpt-4o", description: "first", template: [{ role: "user", content: "Greet {{name}}" }], invocationParameters: { temperature: 0.5 } });
  seen.prompt = await prompts.createPrompt({ client, name: promptName, description: "greets", version: first });
  seen.promptRead = await prompts.getPrompt({ client, prompt: { name: promptName } });
  seen.promptVersion = await prompts.getPrompt({ client, prompt: { versionId: seen.prompt.id } });
  seen.promptMissing = (await prompts.getPrompt({ client, prompt: { name: "no-such-prompt" } })) ?? null;
  seen.promptListed = (await prompts.listPrompts({ client })).filter((prompt) => prompt.name === promptName);

  seen.methods = Object.fromEntries(Object.entries({ datasets, experiments, prompts }).map(([part, module]) => [part, Object.keys(module).filter((key) => typeof module[key] === "function").sort()]));
  console.log(JSON.stringify(seen));
}

main();
