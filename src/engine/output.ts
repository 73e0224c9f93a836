// What workers say against what their kinds promise: schemas that can be used, results that keep to them.

import type { Content } from "../core/command.ts";
import type { KindOffer } from "../core/kind.ts";
import { checkOutput, checkSchema } from "../intake/schema.ts";

/** Why an offer cannot be taken, naming the schema; null if it can. */
export function offerFault(offer: KindOffer): string | null {
  for (
    const [name, schema] of [["input", offer.inputSchema], ["output", offer.outputSchema]] as const
  ) {
    const fault = schema === null ? null : checkSchema(schema);
    if (fault !== null) return `Cannot use the ${name} schema of kind "${offer.kind}": ${fault}`;
  }
  return null;
}

/** Why a result does not keep to its kind's output schema; null if it does, or the kind has none. */
export function outputFault(offer: KindOffer, content: Content): string | null {
  if (offer.outputSchema === null) return null;
  if (content.contentType !== "application/json") {
    return `The result is "${content.contentType}", wanted is JSON that fits the output schema`;
  }
  return checkOutput(offer.outputSchema, content.body);
}
