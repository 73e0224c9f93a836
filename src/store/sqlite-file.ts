// The SQLite file of a store: its form, how it is opened, and what its errors mean.
//
// B1. A file is ours if its application id says so; anything else is refused, and not changed.
// B2. Everything runs as a prepared statement: in Deno 2.9 errors of `exec` carry no code.
// B3. The file's growth ends some way before the disk does: on a disk that is truly full not even deletes work. The
//     log is kept below that reserve, so that it can always be copied into the file.

import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Fault, FileSettings } from "./sqlite-message.ts";

/** The form of the file that this program writes; a greater one is refused. */
export const FILE_VERSION = 1;

/** "Hrty": tells our files from other applications'. */
const APPLICATION_ID = 0x48727479;

/** Room that is left on a disk (B3), in bytes, but no more than a sixteenth of the disk. */
const RESERVE_BYTES_MAX = 64 * 1024 * 1024;

/** How long to wait for another connection, in ms. Ours hold theirs for moments only. */
const BUSY_MS_MAX = 5_000;

/** A file that cannot be used, for a reason that SQLite does not know. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/** Opens the file for its writer, which makes it if `mayCreate`. Throws what `faultOf` explains. */
export function openWriter(settings: FileSettings, mayCreate: boolean): DatabaseSync {
  return open(settings, { readOnly: false, cacheKiB: 32_768 }, (db) => {
    claim(db, mayCreate);
    if (db.prepare("PRAGMA journal_mode = wal").get()?.["journal_mode"] !== "wal") {
      throw new FileError("its disk does not allow SQLite's write-ahead log");
    }
    run(db, `PRAGMA synchronous = ${settings.durability}`);
    limitGrowth(db, settings);
    tryWrite(db);
  });
}

/** Opens the file for reading, once there is a writer. Throws what `faultOf` explains. */
export function openReader(settings: FileSettings): DatabaseSync {
  return open(settings, { readOnly: true, cacheKiB: 16_384 }, () => {});
}

/** Sets where the file's growth ends: at the disk's end (B3), or at what the settings say. */
export function limitGrowth(db: DatabaseSync, { path, bytesMax }: FileSettings): void {
  const file = statSync(path, { throwIfNoEntry: false });
  if (!file) throw new FileError("its file has been removed");
  const logBytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const disk = askDisk(path);
  const room = disk ? file.size + logBytes + disk.freeBytes - disk.reserveBytes : Infinity;
  const pageBytes = readNumber(db, "PRAGMA page_size");
  const pages = Math.floor(Math.min(room, bytesMax ?? Infinity) / pageBytes);
  run(db, `PRAGMA max_page_count = ${Math.max(1, Math.min(pages, PAGES_MAX))}`);
  const reserveBytes = disk?.reserveBytes ?? RESERVE_BYTES_MAX;
  run(db, `PRAGMA wal_autocheckpoint = ${Math.ceil(reserveBytes / 4 / pageBytes)}`);
  run(db, `PRAGMA journal_size_limit = ${reserveBytes}`);
}

const PAGES_MAX = 2 ** 32 - 2;

/** Copies what the log holds into the file, as far as no snapshot needs it, so that the log's room can be used again. */
export function emptyLog(db: DatabaseSync): void {
  try {
    run(db, "PRAGMA wal_checkpoint(PASSIVE)");
  } catch (error) {
    if (!isFull(error)) throw error; // Then there is no room yet, as the commit that comes next will find.
  }
}

/** What the file occupies, and what can still be put into it; null where nobody can tell. */
export function fileSize(
  db: DatabaseSync,
  { path, bytesMax }: FileSettings,
): { bytes: number; freeBytes: number | null } {
  const pageBytes = readNumber(db, "PRAGMA page_size");
  const free = readNumber(db, "PRAGMA freelist_count") * pageBytes;
  const bytes = readNumber(db, "PRAGMA page_count") * pageBytes - free;
  const disk = askDisk(path);
  const room = disk ? free + Math.max(0, disk.freeBytes - disk.reserveBytes) : Infinity;
  const freeBytes = Math.min(room, Math.max(0, (bytesMax ?? Infinity) - bytes));
  return { bytes, freeBytes: freeBytes === Infinity ? null : freeBytes };
}

/** What to tell of an error that is the disk's or the file's; throws it on if it is neither. */
export function faultOf(error: unknown, act: string): Fault {
  return { code: "unavailable", message: `${act}: ${meaningOf(error)}` };
}

/** Whether an error says that there is no room. */
export function isFull(error: unknown): boolean {
  return sqliteCode(error) === 13;
}

/** Whether an error says that another connection holds the file. */
export function isBusy(error: unknown): boolean {
  return ((sqliteCode(error) ?? 0) & 255) === 5;
}

function open(
  { path }: FileSettings,
  { readOnly, cacheKiB }: { readOnly: boolean; cacheKiB: number },
  prepare: (db: DatabaseSync) => void,
): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly, timeout: BUSY_MS_MAX });
  try {
    run(db, "PRAGMA cell_size_check = on"); // Finds damage before it is believed.
    run(db, `PRAGMA cache_size = -${cacheKiB}`);
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Refuses a file that is not ours, or newer than we are; makes the table of an empty one. */
function claim(db: DatabaseSync, mayCreate: boolean): void {
  const application = readNumber(db, "PRAGMA application_id");
  const version = readNumber(db, "PRAGMA user_version");
  const isEmpty = readNumber(db, "SELECT count(*) FROM sqlite_schema") === 0;
  if (isEmpty && application === 0 && version === 0) {
    if (!mayCreate) throw new FileError("its file has been removed or emptied");
    create(db);
  } else if (application !== APPLICATION_ID) { // B1
    throw new FileError("it is another application's file, not a store of Hearty");
  } else if (version > FILE_VERSION) {
    const versions = `it has version ${version}, this program knows up to ${FILE_VERSION}`;
    throw new FileError(`a newer Hearty has written it: ${versions}`);
  }
}

/** Makes the one table; all or nothing, and before there is a log, so that the file alone shows whose it is. */
function create(db: DatabaseSync): void {
  run(db, "BEGIN IMMEDIATE");
  run(db, "CREATE TABLE rows (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT");
  run(db, `PRAGMA application_id = ${APPLICATION_ID}`);
  run(db, `PRAGMA user_version = ${FILE_VERSION}`);
  run(db, "COMMIT");
}

/** A file that cannot be written is found now and not at the first commit. One without room can still be read. */
function tryWrite(db: DatabaseSync): void {
  try {
    run(db, "BEGIN IMMEDIATE");
    run(db, `PRAGMA user_version = ${FILE_VERSION}`);
    run(db, "COMMIT");
  } catch (error) {
    if (!isFull(error)) throw error;
    if (db.isTransaction) run(db, "ROLLBACK");
  }
}

function run(db: DatabaseSync, sql: string): void {
  db.prepare(sql).all();
}

function readNumber(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}

/** The disk's free bytes, and how many of them are the reserve (B3); null where nobody may ask. */
function askDisk(path: string): { freeBytes: number; reserveBytes: number } | null {
  try {
    const { bavail, blocks, bsize } = statfsSync(dirname(path));
    const reserveBytes = Math.min(RESERVE_BYTES_MAX, Math.floor((blocks * bsize) / 16));
    return { freeBytes: bavail * bsize, reserveBytes };
  } catch (error) {
    // Deno tells only those who have --allow-sys=statfs; a store must work without.
    if (isDenied(error)) return null;
    throw error;
  }
}

function meaningOf(error: unknown): string {
  if (error instanceof FileError) return error.message;
  if (isDenied(error)) return "Deno does not allow to read and write its folder";
  const code = sqliteCode(error);
  if (code !== null) return MEANINGS[code & 255] ?? `SQLite answers ${code}`;
  const systemCode = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!/^E[A-Z]+$/.test(systemCode)) throw error;
  return `the system answers ${systemCode} for its file or folder`;
}

/** SQLite's primary result codes, as far as a disk or a file can be their cause. */
const MEANINGS: Readonly<Record<number, string>> = {
  5: "another program holds its file",
  6: "another program holds its file",
  8: "its file or folder is read-only",
  10: "its disk fails",
  11: "its file is damaged",
  13: "its disk is full",
  14: "its file cannot be opened, or its folder is not there or read-only",
  26: "its file is not a store of Hearty, or is damaged",
};

/** SQLite's code of an error; null if it is none. In Deno 2.9 a failed open has none, which is 14. */
function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  if (error.code !== "ERR_SQLITE_ERROR") return null;
  return "errcode" in error && typeof error.errcode === "number" ? error.errcode : 14;
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && error.name === "NotCapable";
}
