// What is told of a message that cannot be understood.

/** A message that cannot be understood: what an `error` tells of it. */
export interface MessageFault {
  /** The message's type, or `message` if it has none. */
  readonly about: string;
  readonly lease?: string;
  /** What is wrong, naming the field. */
  readonly fault: string;
}

/** The fault of one field of a message. */
export function fieldFault(message: unknown, field: string, wanted: string): MessageFault {
  const fault = messageFault(message, "");
  return { ...fault, fault: `Cannot read "${fault.about}", field "${field}": ${wanted}` };
}

/** The fault of a message as a whole, with what can be known of it. */
export function messageFault(message: unknown, fault: string): MessageFault {
  const known = typeof message === "object" && message !== null
    ? message as Record<string, unknown>
    : {};
  const about = typeof known.type === "string" ? known.type.slice(0, WORD_MAX) : "message";
  const lease = known.lease;
  return typeof lease === "string" && lease.length <= WORD_MAX
    ? { about, lease, fault }
    : { about, fault };
}

/** Longest name of a type or lease that is repeated, in characters. */
const WORD_MAX = 128;
