// Kinds that the server itself defines, in TypeScript: their schemas, their functions and their settings.

import { z } from "zod";
import { parseKindName } from "../core/ids.ts";
import type { KindName } from "../core/ids.ts";
import type { KindOffer, KindSettings } from "../core/kind.ts";
import { ATTEMPTS_MAX, DURATION_MS_MAX } from "../core/limits.ts";
