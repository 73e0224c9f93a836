// Kinds as intake checks them: which schemas count for which version, and what breaks them.

import type { Content } from "../core/command.ts";
import type { KindName } from "../core/ids.ts";
import type { KindOffer, KindRecord } from "../core/kind.ts";
import type { JobDefinition } from "../intake/define-job.ts";
import { checkOutput, checkSchema, type KindView } from "../intake/schema.ts";

/** Kinds that the server itself defines. */
export type Definitions = ReadonlyMap<KindName, JobDefinition>;

/** One version of a kind, as intake needs it; null if it is not known. */
export function kindView(
  record: KindRecord | undefined,
  version: string | undefined,
  definitions: Definitions,
): KindView | null {
  const offer = record?.versions.find((one) => one.version === version);
  if (!offer) return null;
  const { kind, inputSchema, outputSchema } = offer;
  const definition = definitions.get(kind);
  const isDefined = definition !== undefined && definition.offer.version === offer.version;
  return {
    kind,
    version: offer.version,
    definition: isDefined ? definition : null,
    inputSchema,
    outputSchema,
  };
}

/** Why an offer cannot be taken, naming the schema; null if it can. */
export function offerFault({ kind, inputSchema, outputSchema }: KindOffer): string | null {
  for (const [name, schema] of [["input", inputSchema], ["output", outputSchema]] as const) {
    const fault = schema === null ? null : checkSchema(schema);
    if (fault !== null) return `The ${name} schema of kind "${kind}": ${fault}`;
  }
  return null;
}

/** Why a result does not keep to its kind's output schema; null if it does, or the kind has none. */
export function outputFault(view: KindView, { contentType, body }: Content): string | null {
  const isFree = view.definition === null
    ? view.outputSchema === null
    : view.definition.output === null;
  if (isFree) return null;
  if (contentType !== "application/json") {
    return `Cannot take result: it is "${contentType}", wanted is JSON that fits the output schema`;
  }
  return checkOutput(view, JSON.parse(utf8.decode(body)));
}

const utf8 = new TextDecoder();
